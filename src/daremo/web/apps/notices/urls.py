"""Addresses of messages, letters to print and texts."""

from django.urls import path

from daremo.web.apps.notices import views

app_name = "notices"

urlpatterns = [
    path("notices/", views.listed, name="list"),
    path("notices/<int:notice_id>/again/", views.again, name="again"),
    path("notices/outbox/", views.outbox, name="outbox"),
    path("letters/", views.letters, name="letters"),
    path("letters/<str:occasion>/<str:channel>/<str:language>/", views.letter, name="letter"),
]
