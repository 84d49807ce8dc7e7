"""Running rules over maps, and what is reported of what they find."""
