"""Addresses of the mandates."""

from django.urls import path

from daremo.web.apps.mandates import views

app_name = "mandates"

urlpatterns = [
    path("mandates/person/<int:person_id>/new/", views.new, name="new"),
    path("mandates/person/<int:person_id>/statement/", views.statement, name="statement"),
    path("mandates/<int:mandate_id>/", views.mandate, name="mandate"),
    path("mandates/<int:mandate_id>/prove/", views.prove, name="prove"),
    path("mandates/<int:mandate_id>/revoke/", views.revoke, name="revoke"),
    path("mandates/<int:mandate_id>/paper/", views.paper, name="paper"),
    path("mandates/scope/<int:scope_id>/use/", views.use, name="use"),
    path("mandates/scope/<int:scope_id>/revoke/", views.revoke_scope, name="revoke-scope"),
]
