"""Addresses of the questions after thirty and ninety days."""

from django.urls import path

from daremo.web.apps.followups import views

app_name = "followups"

urlpatterns = [
    path("followups/", views.state, name="state"),
    path("followups/results.<str:form>", views.results, name="results"),
]
