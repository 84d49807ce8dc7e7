"""YAML as go-yaml reads it, with the place of every character."""
