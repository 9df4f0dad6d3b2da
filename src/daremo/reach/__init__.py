"""Floor 2, measure 1: who can reach help, and where to put it."""
