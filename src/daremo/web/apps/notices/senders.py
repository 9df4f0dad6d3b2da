"""Ways to send: a sender is a callable; settings name one for each channel."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent: to whom (a number, an e-mail, a postal address), what, and the notice's own key."""

    channel: str
    to: str
    subject: str
    body: str
    key: str


class Sender(Protocol):
    """Send one parcel, or raise; sending the same key again must be harmless where the way allows it."""

    def __call__(self, parcel: Parcel) -> None: ...


def console(parcel: Parcel) -> None:
    """Write to standard error that something would have been sent; the words only in practice and development."""
    sys.stderr.write(f"[notice {parcel.key}] {parcel.channel}: {parcel.subject or parcel.body[:20]}\n")


def file(parcel: Parcel) -> None:
    """Write the message into ``DAREMO_OUTBOX``: one text file a message, to be printed, or read aloud by a machine."""
    folder = Path(settings.DAREMO_OUTBOX) / parcel.channel
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{parcel.key}.txt"
    half = path.with_suffix(".part")
    half.write_text(f"{parcel.to}\n{parcel.subject}\n\n{parcel.body}\n", encoding="utf-8")
    half.replace(path)


def smtp(parcel: Parcel) -> None:
    """Send by the mail server of the settings; the key is the message's own id, so that a repeat is seen as one."""
    mail = EmailMessage(parcel.subject, parcel.body, settings.DEFAULT_FROM_EMAIL, [parcel.to])
    host = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">") or "localhost"
    mail.extra_headers["Message-ID"] = f"<{parcel.key}@{host}>"
    mail.send()


def sender_of(channel: str) -> Callable[[Parcel], None]:
    """Return the sender that settings name for a channel (``DAREMO_SENDERS``), else the file."""
    named = getattr(settings, "DAREMO_SENDERS", {}).get(channel)
    return import_string(named) if named else file
