"""Addresses of the telephone desk."""

from django.urls import path

from daremo.web.apps.desk import views

app_name = "desk"

urlpatterns = [
    path("desk/", views.call, name="call"),
    path("desk/booked/", views.booked, name="booked"),
    path("desk/calls/<str:kind>/<int:row_id>/", views.result, name="result"),
    path("desk/calls/<str:kind>/<int:row_id>/said/", views.said, name="said"),
]
