"""Floor 2, measures 1 and 2: how able people, staff and organisations are, measured with an honest error."""
