"""From a table to a trained model and its predictions: what the command line does, without it."""
