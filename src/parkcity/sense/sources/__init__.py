"""The readers, one file each. A reader answers two questions: can I read this, and read it."""
