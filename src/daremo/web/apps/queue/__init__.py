"""Tickets of those who walk in."""
