"""YAML as go-yaml reads it, with the source position of every character."""
