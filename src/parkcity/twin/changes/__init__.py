"""Kinds of change, one file each: what it is called, which fields it takes, and a short function that edits a draft."""
