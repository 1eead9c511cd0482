"""What a file is, before anybody has declared it: its form, encoding, system, extent, date and columns."""
