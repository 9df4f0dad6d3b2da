"""Addresses of the telephone desk."""

from django.urls import path

from daremo.web.apps.desk import calls, changes, views, waiting

app_name = "desk"

urlpatterns = [
    path("desk/", views.call, name="call"),
    path("desk/booked/", views.booked, name="booked"),
    path("desk/bookings/<int:booking_id>/", changes.booking, name="booking"),
    path("desk/bookings/<int:booking_id>/changed/", changes.changed, name="changed"),
    path("desk/calls/", calls.listed, name="calls"),
    path("desk/calls/<str:kind>/<int:row_id>/", calls.result, name="result"),
    path("desk/calls/<str:kind>/<int:row_id>/said/", calls.said, name="said"),
    path("desk/waiting/", waiting.listed, name="waiting"),
    path("desk/waiting/rule/", waiting.rule, name="rule"),
    path("desk/waiting/<int:wait_id>/<str:do>/", waiting.step, name="wait-step"),
]
