"""What is to be told is told once, by the way the person chose, and becomes a call when that fails three times."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web.apps.journal import services as journal
from daremo.web.apps.notices import desk, letters, senders, services
from daremo.web.apps.notices.models import Notice
from tests.web.bookings.town import Town

PARCEL = senders.Parcel("email", "sample@example.jp", "件名", "本文", "n1")


def fails(parcel: senders.Parcel) -> None:
    raise ConnectionError("no network")


def queued(town: Town, prefers: str = "email", **more: Any) -> Notice:
    told = {"email": "sample@example.jp", "address": "みほん市1", "prefers": prefers, **more}
    made = services.tell(
        town.act(), town.person(**told), "mandate", organisation=town.city, once=f"m{len(town.people)}"
    )
    assert made is not None
    return made


def test_the_same_message_is_queued_once(town: Town) -> None:
    person = town.person(prefers="sms")
    first, second = (services.tell(town.act(), person, "booked", organisation=town.city, once="a") for _ in range(2))
    assert first is not None and second is not None and first.pk == second.pk


def test_who_wants_no_messages_gets_none(town: Town) -> None:
    assert services.tell(town.act(), town.person(prefers="none"), "booked", organisation=town.city, once="a") is None


def test_without_an_email_address_it_becomes_a_call(town: Town) -> None:
    assert queued(town, email="").state == "call"


def test_what_is_due_is_sent_once_with_its_own_message_id(town: Town, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.DAREMO_SENDERS = {"email": "daremo.web.apps.notices.senders.smtp"}
    notice = queued(town)
    assert services.send_due(town.act(1))["sent"] == 1
    assert services.send_due(town.act(2))["sent"] == 0
    assert len(mail.outbox) == 1 and mail.outbox[0].to == ["sample@example.jp"]
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<n{notice.pk}@")


def test_after_three_failures_the_staff_call(town: Town, settings: Any) -> None:
    settings.DAREMO_SENDERS = {"email": "tests.web.notices.test_notices.fails"}
    notice, states = queued(town), []
    for hours in (1, 10, 100):
        services.send_due(town.act(hours))
        notice.refresh_from_db()
        states.append((notice.state, notice.tries))
    assert states == [("queued", 1), ("queued", 2), ("call", 3)]
    assert notice.failure == "ConnectionError" and "sample" not in notice.failure
    assert services.call_list([town.city.pk], town.act(100).now) == [notice]


def test_a_failed_message_waits_before_it_is_tried_again(town: Town, settings: Any) -> None:
    settings.DAREMO_SENDERS = {"email": "tests.web.notices.test_notices.fails"}
    queued(town)
    assert services.send_due(town.act(1))["failed"] == 1
    assert services.send_due(town.act(1.01)) == {"sent": 0, "failed": 0, "call": 0}


def test_the_file_sender_writes_one_whole_file(settings: Any, tmp_path: Path) -> None:
    settings.DAREMO_OUTBOX = tmp_path
    senders.file(PARCEL)
    senders.file(PARCEL)
    assert [p.name for p in (tmp_path / "email").iterdir()] == ["n1.txt"]
    assert (tmp_path / "email" / "n1.txt").read_text(encoding="utf-8") == "sample@example.jp\n件名\n\n本文\n"


def test_the_console_names_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    senders.console(PARCEL)
    assert "sample@example.jp" not in capsys.readouterr().err


def test_three_unanswered_calls_end_it(town: Town) -> None:
    notice = queued(town, "phone")
    for hours in (1, 3, 6):
        notice = services.called(town.act(hours), notice, reached=False)
    assert notice.state == "failed"
    with pytest.raises(Conflict):
        services.called(town.act(7), notice, reached=True)


def test_a_letter_waits_until_it_is_printed_and_is_posted_once(town: Town) -> None:
    notice = queued(town, "letter")
    assert services.send_due(town.act(1)) == {"sent": 0, "failed": 0, "call": 0}
    rows = desk.to_print([town.city.pk], town.act(1).now)
    assert rows == [notice]
    assert (desk.posted(town.act(1), rows), desk.posted(town.act(1), rows)) == (1, 0)
    notice.refresh_from_db()
    assert notice.state == "sent" and "手続きをお預かりしました" in notice.told


def test_a_letter_without_an_address_becomes_a_call(town: Town) -> None:
    notice = queued(town, "letter", address="")
    services.send_due(town.act(1))
    notice.refresh_from_db()
    assert notice.state == "call" and desk.to_print([town.city.pk], town.act(1).now) == []


def test_a_text_with_an_unknown_fact_is_refused_and_nothing_is_kept(town: Town) -> None:
    for body in ("{namae}様", "{name", "{name.secret}", ""):
        with pytest.raises(DaremoError) as said:
            desk.preview("", body, "any", "ja")
        assert said.value.code == "bad-letter"
    with pytest.raises(DaremoError):
        services.change_letter(town.act(), town.city, "booked", "any", "ja", "", "{namae}様")
    assert not list(desk.versions(town.city.pk, "booked", "any", "ja"))


def test_the_newest_version_is_sent_and_older_ones_stay(town: Town) -> None:
    for body in ("一つめ {phone}", "二つめ {phone}"):
        services.change_letter(town.act(), town.city, "mandate", "any", "ja", "件名", body)
    assert [v.version for v in desk.versions(town.city.pk, "mandate", "any", "ja")] == [2, 1]
    assert letters.text_for("mandate", "email", "ja", town.city.pk)[1] == "二つめ {phone}"
    assert "二つめ" not in letters.text_for("mandate", "email", "ja", None)[1]


def test_every_common_text_names_only_known_facts_and_a_telephone() -> None:
    for (occasion, channel, language), (subject, body) in letters.common_letters().items():
        words, _warnings = desk.preview(subject, body, channel, language)
        assert desk.SAMPLE["phone"] in words.body, (occasion, channel, language)


def test_a_cancelled_booking_is_not_reminded(town: Town) -> None:
    from daremo.web.apps.bookings import services as bookings

    booking = bookings.book(town.act(), [town.session(hours=24 * 9)], town.person()).bookings.get()
    assert Notice.objects.filter(booking=booking, occasion="reminder", state="call").exists()
    bookings.cancel(town.act(1), booking)
    assert not Notice.objects.filter(booking=booking, occasion="reminder").exclude(state="dropped").exists()


def test_replaying_the_journal_gives_the_messages(town: Town) -> None:
    notice = queued(town, "phone")
    services.called(town.act(1), notice, reached=True)
    desk.posted(town.act(1), [queued(town, "letter")])
    assert journal.differences() == []
    assert notice.due <= town.act(1).now + timedelta(hours=2)
