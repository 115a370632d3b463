"""Writers: from expressions to matrix notation, index notation and code."""
