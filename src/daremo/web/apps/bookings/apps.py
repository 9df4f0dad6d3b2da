"""The Django app `bookings`."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Reservations, bookings, the waiting order and requests."""

    name = "daremo.web.apps.bookings"
    label = "bookings"
    verbose_name = "予約"
