"""The rules. Each module here is one rule, found by its file."""
