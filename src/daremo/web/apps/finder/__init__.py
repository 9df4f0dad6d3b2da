"""Pages on which residents find and book help."""
