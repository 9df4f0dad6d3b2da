"""The page of the telephone."""
