"""Reservations, bookings, the waiting order and requests."""
