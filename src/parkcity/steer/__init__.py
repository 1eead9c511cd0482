"""Steer precisely: the log of what happens in the city, and the state that follows from it."""
