"""Arrays in, arrays out: the arithmetic that indicators share. NumPy and SciPy only."""
