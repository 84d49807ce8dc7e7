"""The rules. Each module here is one rule; putting it here is all there is to do."""
