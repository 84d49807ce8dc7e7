"""Change a live map: plan, guards, owner, backup, commit, rollback."""
