"""What to do about it: scenarios compared, sites chosen."""
