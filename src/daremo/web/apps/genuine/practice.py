"""Practice data: who みほん市 is, and four official messages of which one was taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.apps import apps

from daremo.web.apps.genuine import services, stamping, trail
from daremo.web.apps.genuine.models import Announcement
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of

DOMAIN = "city.mihon.example"
PHONE = "0000-12-3456"
TOLD: tuple[dict[str, Any], ...] = (
    {
        "kind": "sms", "title": "健康診断のお知らせ", "department": "健康課", "audience": "40歳以上の方",
        "text": "【みほん市】健康診断の受付は12月18日までです。電話 0000-12-2200\nhttps://city.mihon.example/kenkou",
    },
    {
        "kind": "letter", "title": "給付金の申請について", "department": "福祉課", "audience": "対象の世帯",
        "text": "給付金の申請は、同封の紙を返信用の封筒に入れて送ってください。\n"
        "市から暗証番号やカードの番号を聞くことはありません。\nわからないときは 0000-12-3456 にお電話ください。",
    },
    {
        "kind": "call", "title": "スマホ教室のご案内の電話", "department": "デジタル推進課", "audience": "申しこんだ方",
        "text": "みほん市デジタル推進課です。お申しこみのスマホ教室の日をお知らせします。お金のお話はしません。",
        "numbers": ["0000-12-2201"],
    },
    {
        "kind": "site", "title": "水道の工事のお知らせ", "department": "水道課", "audience": "みなと町の方",
        "text": "みなと町で水道の工事をします。水が止まるのは、午前9時から11時までです。https://city.mihon.example/suido",
    },
)  # fmt: skip


def practise(act: Act, organisation: Any) -> int:
    """Write, release and log the messages of the sample town; return how many."""
    accounts = apps.get_model("staff", "User")._default_manager.filter(memberships__organisation=organisation)
    writer = accounts.filter(memberships__role="manager").first()
    releaser = accounts.filter(memberships__role="city").first()
    if writer is None or releaser is None or Announcement.objects.exists():
        return 0
    services.set_speaker(
        act, name="みほん市", phone=PHONE, domains=[DOMAIN], mail_domains=[DOMAIN], numbers=["0000-12-2200"]
    )
    before = replace(act, now=act.now - timedelta(days=6))
    first = day_of(before.now)
    for told in TOLD:
        row = services.draft(
            before, organisation, writer.pk, {**told, "valid_from": first, "valid_until": first + timedelta(days=60)}
        )
        services.hand_in(before, row)
        services.release(before, row, releaser.pk)
    services.withdraw(act, row)
    trail.append(act)
    stamping.stamp(act)
    return len(TOLD)
