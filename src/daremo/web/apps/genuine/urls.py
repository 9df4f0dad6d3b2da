"""Addresses of the check, the log, official messages and badges."""

from django.urls import path, re_path

from daremo.web.apps.genuine import views_public as public

app_name = "genuine"

urlpatterns = [
    path("genuine/", public.check, name="check"),
    path("genuine/log/", public.log, name="log"),
    path("genuine/log/checkpoint", public.checkpoint, name="checkpoint"),
    path("genuine/log/entry/<int:n>/", public.entry, name="entry"),
    path("genuine/log/entry/<int:n>.json", public.entry_json, name="entry-json"),
    path("genuine/log/growth.json", public.growth, name="growth"),
    path("genuine/keys/", public.show_keys, name="keys"),
    path("genuine/keys.txt", public.keys_text, name="keys-text"),
    path("genuine/notices.snapshot", public.snapshot, name="snapshot"),
    path("genuine/lookup.json", public.lookup, name="lookup"),
    path("genuine/status/", public.status, name="status"),
    path(".well-known/did.json", public.did, name="did"),
    re_path(r"^genuine/(?P<code>[0-9A-Za-z-]{10,14})/$", public.code, name="code"),
    # in capitals: a QR then holds it in its compact alphabet
    re_path(r"^G/(?P<payload>DAREMO1:[A-Z2-7]{174,300})$", public.qr, name="qr"),
]
