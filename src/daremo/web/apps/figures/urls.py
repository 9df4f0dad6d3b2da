"""Addresses of figures and reports."""

from django.urls import path

from daremo.web.apps.figures import views

app_name = "figures"

urlpatterns = [
    path("loop/", views.loop, name="loop"),
    path("figures/", views.month, name="month"),
    path("figures/<int:year>-<int:month>/", views.month, name="of-month"),
    path("figures/<int:year>-<int:month>/report.<str:form>", views.report, name="report"),
    path("figures/<int:year>-<int:month>/internal/", views.detail, name="internal"),
    path("figures/<int:year>-<int:month>/internal.<str:form>", views.detailed_report, name="internal-report"),
    path("figures/reached/", views.reach, name="reached"),
    path("figures/releases/", views.releases, name="releases"),
    path("figures/releases/new/", views.new_release, name="new-release"),
    path("figures/releases/<int:release_id>/", views.release, name="release"),
    path("figures/releases/<int:release_id>/table.csv", views.release_csv, name="release-csv"),
]
