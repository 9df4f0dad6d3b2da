"""Lines for planners: what `daremo network` found, and what residents say of their line."""
