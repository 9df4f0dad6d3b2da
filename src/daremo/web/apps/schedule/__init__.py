"""Offers, openings, sessions, seats and who is where when."""
