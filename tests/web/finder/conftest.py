"""The small town of the journeys, and residents who have nothing but a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.desk import NOW, Town, fill_town


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    from daremo.web import clock

    with clock.at(NOW):
        yield fill_town()


class Resident:
    """A browser without script: a session, a language, the pages as text."""

    def __init__(self, language: str = "ja") -> None:
        from django.test import Client

        self.client = Client()
        self.client.cookies["daremo_language"] = language
        self.seen: list[str] = []

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        self.seen.append(path)
        return answer

    def post(self, path: str, **told: Any) -> Any:
        """Send a form and follow it; remember each address that was shown."""
        answer = self.client.post(path, told, follow=True)
        self.seen += [path, *(to for to, _status in getattr(answer, "redirect_chain", []))]
        return answer

    def answers(self, kind: str, what: object, **told: Any) -> Any:
        """Answer the questions of an errand up to the check."""
        told = {"by": "self", "need": "proc", "name": "見本 はなこ", "phone": "090-0000-1234", **told}
        at = f"/errand/{kind}/{what}/"
        if kind != "ask" or what == "visit":
            self.post(f"{at}who/", by=told["by"])
        if what == "call":
            self.post(f"{at}time/", best_time="morning")
        if what == "interpreter":
            self.post(f"{at}tongue/", language="vi")
        self.post(f"{at}need/", need=told["need"])
        you = {k: v for k, v in told.items() if k not in ("by", "need") and v}
        return self.post(f"{at}you/", **you)

    def books(self, session: Any, **told: Any) -> str:
        """Book a session to the end; return the number on the ticket."""
        self.answers("book", session.pk, **told)
        self.post(f"/errand/book/{session.pk}/check/")
        return str(self.client.session["reservation"])

    def opens(self, number: str, phone: str) -> Any:
        """Look a booking up."""
        return self.post("/mine/", number=number, phone=phone)


@pytest.fixture
def resident(town: Town) -> Resident:
    return Resident()


@pytest.fixture
def another(town: Town) -> Resident:
    return Resident()
