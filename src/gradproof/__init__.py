"""gradproof settles gradients: it derives them, shows every step, and names the term that is wrong."""

__version__ = "0.1.0"
