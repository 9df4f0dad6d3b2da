"""Addresses of the check, the log, official messages, the auditor's pages and badges."""

from django.urls import path, re_path

from daremo.web.apps.genuine import views_audit as audit
from daremo.web.apps.genuine import views_badges as badges
from daremo.web.apps.genuine import views_public as public
from daremo.web.apps.genuine import views_staff as staff

app_name = "genuine"

urlpatterns = [
    path("genuine/", public.check, name="check"),
    path("genuine/log/", public.log, name="log"),
    path("genuine/log/checkpoint", public.checkpoint, name="checkpoint"),
    path("genuine/log/entry/<int:n>/", public.entry, name="entry"),
    path("genuine/log/entry/<int:n>.json", public.entry_json, name="entry-json"),
    path("genuine/log/growth.json", public.growth, name="growth"),
    path("genuine/log/signed/<int:size>/", public.signed, name="signed"),
    re_path(
        r"^genuine/log/signed/(?P<size>[0-9]{1,15})/(?P<what>note\.txt|stamped\.txt|stamp\.tsr)$",
        public.signed_text,
        name="signed-text",
    ),
    path("genuine/log/tsa-roots.pem", public.roots, name="tsa-roots"),
    path("genuine/log/cosignature", public.cosign, name="cosign"),
    path("genuine/keys/", public.show_keys, name="keys"),
    path("genuine/keys.txt", public.keys_text, name="keys-text"),
    path("genuine/notices.snapshot", public.snapshot, name="snapshot"),
    path("genuine/lookup.json", public.lookup, name="lookup"),
    path("genuine/status/", public.status, name="status"),
    path(".well-known/did.json", public.did, name="did"),
    re_path(r"^genuine/(?P<code>[0-9A-Za-z-]{10,14})/$", public.code, name="code"),
    # in capitals: a QR then holds it in its compact alphabet
    re_path(r"^G/(?P<payload>DAREMO1:[A-Z2-7]{174,300})$", public.qr, name="qr"),
    path("official/check/", staff.desk, name="desk"),
    path("official/", staff.announcements, name="announcements"),
    path("official/new/", staff.new, name="new"),
    path("official/speaker/", staff.speaker, name="speaker"),
    path("official/<int:announcement_id>/", staff.announcement, name="announcement"),
    path("official/<int:announcement_id>/edit/", staff.edit, name="edit"),
    path("official/<int:announcement_id>/hand-in/", staff.hand_in, name="hand-in"),
    path("official/<int:announcement_id>/release/", staff.release, name="release"),
    path("official/<int:announcement_id>/withdraw/", staff.withdraw, name="withdraw"),
    path("official/<int:announcement_id>/discard/", staff.discard, name="discard"),
    path("official/<int:announcement_id>/sheet/", staff.sheet, name="sheet"),
    path("audit/", audit.audit, name="audit"),
    path("audit/event/<int:event_id>/", audit.event, name="event"),
    path("audit/journal.jsonl", audit.export, name="export"),
    path("badges/", badges.listed, name="badges"),
    path("badges/new/", badges.qualify, name="qualify"),
    path("badges/person/<int:person_id>/", badges.attest, name="attest"),
    path("badges/<int:badge_id>/", badges.badge, name="badge"),
    path("badges/<int:badge_id>/paper/", badges.paper, name="paper"),
    path("badges/<int:badge_id>/badge.json", badges.document, name="document"),
    path("badges/<int:badge_id>/revoke/", badges.revoke, name="revoke"),
]
