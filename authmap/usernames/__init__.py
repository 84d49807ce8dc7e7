"""The usernames that fixes write, and the renames they make."""
