"""Addresses of the diagnoses."""

from django.urls import path

from daremo.web.apps.diagnosis import views

app_name = "diagnosis"

urlpatterns = [
    path("diagnosis/", views.open_rounds, name="open"),
    path("diagnosis/begin/", views.begin, name="begin"),
    path("diagnosis/benchmark/", views.benchmark, name="benchmark"),
    path("diagnosis/<int:round_id>/", views.result, name="result"),
    path("diagnosis/<int:round_id>/invite/", views.invite, name="invite"),
    path("diagnosis/<int:round_id>/close/", views.close, name="close"),
    path("diagnosis/answer/<str:token>/", views.answer, name="answer"),
]
