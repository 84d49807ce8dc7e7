"""Source texts, their YAML trees, and positions in them."""
