"""Organisations, support points, supporters and what can be used only once at a time."""
