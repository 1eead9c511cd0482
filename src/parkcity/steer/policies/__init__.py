"""Entitlement and response rules of the live desk, one file each."""
