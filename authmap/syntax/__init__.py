"""Texts, and where things stand in them."""
