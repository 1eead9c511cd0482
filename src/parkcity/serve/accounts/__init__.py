"""Accounts, sessions, keys, rights and the audit log of the server, in SQLite or PostgreSQL."""
