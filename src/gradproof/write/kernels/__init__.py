"""Assignments written as a training step: statements that fill buffers, as NumPy calls or as a C function."""
