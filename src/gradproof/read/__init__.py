"""Readers: from what people have (NumPy code, text) to expressions."""
