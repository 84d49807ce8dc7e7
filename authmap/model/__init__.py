"""The map, its findings and its surroundings, as rules see them."""
