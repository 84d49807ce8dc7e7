"""Explain in words why an entry is in effect or not."""
