"""Files on disk: which ones are inputs, reading them, and writing them atomically."""
