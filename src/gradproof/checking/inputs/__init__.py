"""Example inputs of the user's functions: given, found in the file, or made to fit."""
