"""Addresses of the shared look: the language switch, and the gallery in practice mode."""

from __future__ import annotations

from django.urls import path

from daremo.web.ui import views

app_name = "ui"
urlpatterns = [
    path("language/<str:code>/", views.language, name="language"),
    path("ui/", views.gallery, name="gallery"),
    path("ui/<str:sheet>/", views.gallery, name="gallery_sheet"),
]
