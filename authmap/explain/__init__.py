"""Why an entry is in effect or not, in words."""
