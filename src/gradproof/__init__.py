"""gradproof derives gradients, proves hand-written ones right or names the wrong term."""

__version__ = "0.1.0"
