"""What a training is told by: lines for a terminal, and a page with pictures that stands alone."""
