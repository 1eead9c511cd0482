"""Candidate projects: what each costs, and the change of the twin that it makes. One file a kind."""
