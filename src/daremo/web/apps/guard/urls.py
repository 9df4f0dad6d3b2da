"""Addresses of the guard; the VC API only where the test setting asks for it."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from daremo.web.apps.guard import views, views_identity, views_weak

app_name = "guard"

urlpatterns: list[URLPattern | URLResolver] = [
    path("guard/", views.home, name="home"),
    path("guard/mail/", views.domains, name="domains"),
    path("guard/mail/<int:state_id>/", views.domain, name="domain"),
    path("guard/identity/", views_identity.decisions, name="decisions"),
    path("guard/identity/new/", views_identity.ask, name="ask"),
    path("guard/identity/<int:decision_id>/", views_identity.decision, name="decision"),
    path("guard/identity/<int:decision_id>/record.<slug:form>", views_identity.download, name="record"),
    path("guard/weak/", views_weak.weak_spots, name="weak"),
    path("guard/weak/<int:duty_id>/", views_weak.duty, name="duty"),
    path("guard/exercise/", views_weak.exercise, name="exercise"),
    path("guard/exercise/<int:drill_id>/", views_weak.drill, name="drill"),
]
if settings.DAREMO_VC_API == "test":
    urlpatterns.append(path("vc/", include("daremo.web.apps.guard.vc")))
