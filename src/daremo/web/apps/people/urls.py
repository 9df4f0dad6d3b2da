"""Addresses of the pages about a person."""

from django.urls import path

from daremo.web.apps.people import views

app_name = "people"

urlpatterns = [
    path("people/", views.search, name="search"),
    path("people/<int:person_id>/", views.person, name="person"),
    path("people/<int:person_id>/edit/", views.edit, name="edit"),
    path("people/<int:person_id>/goal/", views.goal, name="goal"),
    path("people/<int:person_id>/printed/", views.printed, name="printed"),
    path("people/<int:person_id>/export.json", views.exported, name="export"),
    path("people/<int:person_id>/erase/", views.erase, name="erase"),
    path("people/<int:person_id>/merge/", views.merge, name="merge"),
    path("people/<int:person_id>/unmerge/", views.unmerge, name="unmerge"),
]
