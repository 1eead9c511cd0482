"""Compiled searches over streets: arrays in, arrays out. Import these modules only when a search is asked for."""
