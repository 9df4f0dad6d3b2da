"""Addresses of the counter, the kiosk and the board."""

from django.urls import path

from daremo.web.apps.counter import kiosk, views

app_name = "counter"

urlpatterns = [
    path("counter/", views.choose, name="choose"),
    path("counter/<int:point_id>/", views.counter, name="counter"),
    path("counter/<int:point_id>/walk-in/", views.walk_in, name="walk-in"),
    path("counter/<int:point_id>/next/", views.call_next, name="next"),
    path("counter/ticket/<int:ticket_id>/<str:step>/", views.ticket_step, name="ticket-step"),
    path("counter/booking/<int:booking_id>/<str:step>/", views.booking_step, name="booking-step"),
    path("kiosk/<int:point_id>/", kiosk.kiosk, name="kiosk"),
    path("kiosk/<int:point_id>/ticket/", kiosk.ticket, name="kiosk-ticket"),
    path("kiosk/<int:point_id>/board/", kiosk.board, name="board"),
]
