"""Output formats: one module for each, with a function `render`."""
