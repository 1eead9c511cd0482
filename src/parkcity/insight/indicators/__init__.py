"""The indicators, a file for each theme: a declaration and a short function each."""
