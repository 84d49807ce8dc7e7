"""Who can log in, as what, and with which access: before and after a change of the map."""
