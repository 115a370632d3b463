"""Tables of examples: reading files, telling columns apart, encoding them as the numbers a network takes."""
