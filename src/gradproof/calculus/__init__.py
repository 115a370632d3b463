"""Differentiation, rewriting, derivations."""
