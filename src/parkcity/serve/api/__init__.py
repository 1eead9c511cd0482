"""The API server: every route a thin call of the functions that the command line calls too."""
