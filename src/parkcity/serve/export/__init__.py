"""A whole twin, and the values of its last check-up, in the formats that other programs read."""
