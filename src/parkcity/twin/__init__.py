"""The city as data: tiers, cells, people, places, streets, and where everything meets the street network."""
