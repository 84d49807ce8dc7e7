"""The usernames that fixes write."""
