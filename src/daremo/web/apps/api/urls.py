"""Addresses of the API, and of the page about keys and webhooks."""

from django.urls import include, path

from daremo.web.apps.api import views
from daremo.web.apps.api.root import api

_pages = [
    path("", views.interfaces, name="list"),
    path("key/", views.new_key, name="new-key"),
    path("key/<int:key_id>/revoke/", views.revoke_key, name="revoke-key"),
    path("webhook/", views.new_webhook, name="new-webhook"),
    path("webhook/<int:webhook_id>/stop/", views.stop_webhook, name="stop-webhook"),
    path("webhook/<int:webhook_id>/replay/", views.replay, name="replay"),
]

urlpatterns = [
    path("api/v1/", api.urls),
    path("interfaces/", include((_pages, "interfaces"))),
]
