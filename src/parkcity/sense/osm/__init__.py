"""OpenStreetMap files: one scan into compact arrays, then streets, places, areas and routes from what was scanned."""
