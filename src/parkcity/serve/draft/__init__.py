"""The declaration of a new city, drafted from the files that somebody has."""
