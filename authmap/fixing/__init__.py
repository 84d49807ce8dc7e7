"""From changes of values to edits of bytes, spliced and verified."""
