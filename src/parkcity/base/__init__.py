"""What every room stands on: errors, units, coordinates, ids, times, tables, declarations, the registry and the cache."""
