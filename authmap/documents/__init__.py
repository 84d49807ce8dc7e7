"""Which documents hold maps, and where: one module for each shape of input."""
