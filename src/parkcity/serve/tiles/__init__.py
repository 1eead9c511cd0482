"""Vector tiles of a city's layers: one tile at a time for the app, or a whole PMTiles archive."""
