"""Turn changes of values into edits of the file, apply them, and verify the result."""
