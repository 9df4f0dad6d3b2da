"""Addresses of lines."""

from django.urls import path

from daremo.web.apps.lines import views, views_say

app_name = "lines"

urlpatterns = [
    path("line/", views_say.say, name="say"),
    path("line/said/", views_say.said, name="said"),
    path("lines/", views.hub, name="hub"),
    path("lines/add/", views.add, name="add"),
    path("lines/preview/<int:answer_id>/", views.preview, name="preview"),
    path("lines/show/<str:kind>/", views.shown, name="shown"),
    path("lines/show/<str:kind>.csv", views.table, name="table"),
    path("lines/failures/", views.failures, name="failures"),
    path("lines/voices/", views.voices, name="voices"),
    path("lines/voices/challenges.csv", views.challenges, name="challenges"),
]
