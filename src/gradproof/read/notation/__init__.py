"""Formulas as people type them: text in NumPy's spelling, in mathematical notation, in LaTeX."""
