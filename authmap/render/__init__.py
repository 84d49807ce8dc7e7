"""Formats of reports: one module each, with a function `render(summary, ...)`."""
