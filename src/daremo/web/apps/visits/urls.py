"""Addresses of the supporter's notebook."""

from django.urls import path

from daremo.web.apps.visits import outreach, views

app_name = "visits"

urlpatterns = [
    path("my/day/", views.day, name="day"),
    path("my/hours/", views.hours, name="hours"),
    path("visits/new/", views.new, name="new"),
    path("visits/<int:visit_id>/", views.correct, name="correct"),
    path("visits/group/<int:session_id>/", views.group, name="group"),
    path("visits/paper/", views.paper, name="paper"),
    path("incidents/", views.incidents, name="incidents"),
    path("incidents/new/", views.incident, name="incident"),
    path("incidents/<int:incident_id>/<str:state>/", views.incident_step, name="incident-step"),
    path("outreach/", outreach.requests, name="requests"),
    path("outreach/<int:request_id>/", outreach.plan, name="plan"),
    path("outreach/day/<str:day>/", outreach.sheet, name="round"),
]
