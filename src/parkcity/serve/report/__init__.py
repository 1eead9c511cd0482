"""The check-up report: tables, maps and pages made from measured indicators. No formula stands here."""
