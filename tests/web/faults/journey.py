"""A resident's way through the pages, as a browser without script goes it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
TOLD = {"by": "self", "need": "call", "name": "見本 花子", "phone": "090-0000-1234"}


@dataclass
class Resident:
    """A browser, and every answer that it got: (address asked, answer)."""

    client: Client = field(default_factory=lambda: Client(headers={"host": "localhost"}, raise_request_exception=False))
    answers: list[tuple[str, Any]] = field(default_factory=list)

    def ask(self, method: str, path: str, told: dict[str, Any] | None = None) -> Any:
        """Ask once and keep the answer."""
        answer = getattr(self.client, method)(path, told or {})
        self.answers.append((path, answer))
        return answer

    def to_the_check(self, session: int, **told: Any) -> str:
        """Answer every question about a session; return the address of the check."""
        path = self.ask("get", f"/book/{session}/").headers["Location"]
        for _ in range(8):
            if path.endswith("/check/"):
                return path
            answer = self.ask("post", path, TOLD | told)
            assert answer.status_code == 302, answer.content.decode()
            path = answer.headers["Location"]
        raise AssertionError(path)

    def book(self, session: int, **told: Any) -> Any:
        """Go the whole way; return the last answer."""
        return self.ask("post", self.to_the_check(session, **told))
