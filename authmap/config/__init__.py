"""Configuration files and the settings that apply in a run."""
