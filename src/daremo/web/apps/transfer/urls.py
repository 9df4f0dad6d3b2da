"""Addresses of files in and out, and of the feeds."""

from django.urls import path

from daremo.web.apps.transfer import plan_page, views

app_name = "transfer"

urlpatterns = [
    path("transfer/", views.files, name="files"),
    path("transfer/plan/", plan_page.plan, name="plan"),
    path("transfer/plan/done/", plan_page.done, name="plan-done"),
    path("transfer/imports/<int:import_id>/", views.one_import, name="import"),
    path("transfer/export/<str:layout>/", views.export, name="export"),
    path("events.csv", views.events_csv, name="events"),
    path("events.ics", views.events_ics, name="calendar"),
    path("places/<int:point_id>/events.ics", views.events_ics, name="point-calendar"),
]
