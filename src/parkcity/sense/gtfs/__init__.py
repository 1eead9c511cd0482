"""Timetables published as GTFS: archives, tables, what is wrong with them in plain words, and clean rows."""
