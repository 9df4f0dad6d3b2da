"""Features of the desk, a folder each; they meet in each other's `services.py` only."""
