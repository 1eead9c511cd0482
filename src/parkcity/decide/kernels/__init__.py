"""Compiled steps of siting: arrays in, arrays out."""
