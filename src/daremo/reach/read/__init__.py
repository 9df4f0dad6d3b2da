"""Questions as files: demand and places in tables, and the two families of published instances."""
