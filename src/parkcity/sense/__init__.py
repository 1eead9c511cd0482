"""Reads files and streams as they are received: encodings, datums, formats. Nothing is measured here."""
