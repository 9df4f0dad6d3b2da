"""Fifty people at once, in a process of their own: ``python benchmarks/desk_ask.py PLAN`` prints what they waited.

Each person is a thread with an address of her own. She asks, reads for a while (``think_s``, uniform
from half to one and a half of it; 0 asks without pause) and asks again until the time is over. The first ``warm_s`` are
not counted. What a person does is one of the functions in :data:`WAYS`.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Person:
    """One of the many: her cookies, and what she counted."""

    number: int
    plan: dict[str, Any]
    count_from: float
    ends: float
    waited_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter[str] = field(default_factory=Counter)
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.number)
        self.line = http.client.HTTPConnection("127.0.0.1", self.plan["port"], timeout=60)

    def ask(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Ask once and note the wait under ``name`` (not where it is empty); return status, text, where to go on."""
        headers |= {"X-Forwarded-For": f"10.{self.number // 250}.{self.number % 250}.{self.dice.randrange(250)}"}
        # a connection for each request, as nginx asks behind it; a kept one stays with one of the two processes
        headers |= {"X-Forwarded-Proto": "http", "Host": "localhost", "Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        began = time.perf_counter()
        try:
            self.line.request(method, path, body, headers)
            answer = self.line.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.line.close()
            self.answers[f"{name}: {type(error).__name__}"] += 1
            return 0, "", ""
        told = (time.perf_counter() - began) * 1000
        for line in answer.headers.get_all("Set-Cookie") or []:
            key, _, value = line.split(";")[0].partition("=")
            self.cookies[key] = value
        if name and began >= self.count_from and began < self.ends:
            self.waited_ms[name].append(told)
            self.answers[f"{name}: {answer.status}"] += 1
        return answer.status, text, answer.headers.get("Location", "")

    def place(self) -> tuple[float, float]:
        lat, lon = self.dice.choice(self.plan["places"])
        return lat + self.dice.uniform(-0.02, 0.02), lon + self.dice.uniform(-0.02, 0.02)

    def think(self) -> None:
        time.sleep(self.plan["think_s"] * self.dice.uniform(0.5, 1.5))


def find(person: Person) -> None:
    """The finder's page near where somebody is."""
    lat, lon = person.place()
    person.ask("find: page", "GET", f"/?at={lat:.2f},{lon:.2f}")


def find_api(person: Person) -> None:
    """The next free times near a place, as a city's own site asks for them."""
    lat, lon = person.place()
    person.ask("find: API", "GET", f"/api/v1/times?lat={lat:.3f}&lon={lon:.3f}")


def book(person: Person) -> None:
    """Book by the API; one in five wants the few sessions that everybody wants."""
    key, organisation_sessions = person.plan["keys"][person.number % len(person.plan["keys"])]
    hot = person.dice.random() < 0.2
    session = person.dice.choice(organisation_sessions[:2] if hot else organisation_sessions)
    told = {
        "session": session,
        "name": f"見本 {person.dice.randrange(10**9)}",
        "phone": f"090{person.dice.randrange(10**8):08}",
    }
    told["once"] = f"load-{person.number}-{person.dice.randrange(10**12)}"
    person.ask(
        "book: API", "POST", "/api/v1/bookings", json.dumps(told),
        **{"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )  # fmt: skip


def journey(person: Person) -> None:
    """A resident's whole way: who, what about, name and telephone, the check, done; thinking on every page."""
    person.cookies.clear()
    _key, sessions = person.plan["keys"][person.number % len(person.plan["keys"])]
    _status, _text, path = person.ask("book: a question", "GET", f"/book/{person.dice.choice(sessions)}/")
    told = {"by": "self", "need": "call", "name": f"見本 {person.dice.randrange(10**9)}"}
    told["phone"] = f"090{person.dice.randrange(10**8):08}"
    for _ in range(8):
        if not path or time.perf_counter() > person.ends:
            return
        status, text, _ = person.ask("book: a question", "GET", path)
        token = _TOKEN.search(text)
        if status != 200 or token is None:
            return
        person.think()
        last = path.endswith("/check/")
        form = urlencode({**told, "csrfmiddlewaretoken": token[1]})
        _status, _text, path = person.ask(
            "book: the last step" if last else "book: a question", "POST", path, form,
            **{"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        if last:
            return


def today(person: Person) -> None:
    """Today's list at the counter, of somebody who is signed in."""
    cookie, point = person.plan["staff"][person.number % len(person.plan["staff"])]
    person.cookies = {"daremo_session": cookie}
    person.ask("today: counter", "GET", f"/counter/{point}/")


WAYS: dict[str, Callable[[Person], None]] = {
    "find": find,
    "find_api": find_api,
    "book": book,
    "journey": journey,
    "today": today,
}


def live(person: Person) -> None:
    """Do one's ways until the time is over."""
    ways = person.plan["ways"]
    time.sleep(person.dice.random() * min(1.0, person.plan["think_s"]))
    while time.perf_counter() < person.ends:
        WAYS[person.dice.choice(ways)](person)
        person.think()


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    begins = time.perf_counter() + plan["warm_s"]
    people = [Person(n, plan, begins, begins + plan["seconds"]) for n in range(plan["users"])]
    threads = [threading.Thread(target=live, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waited: dict[str, list[float]] = defaultdict(list)
    answers: Counter[str] = Counter()
    for person in people:
        answers += person.answers
        for name, values in person.waited_ms.items():
            waited[name] += values
    print(json.dumps({"waited_ms": waited, "answers": answers, "cpu_s": time.process_time()}))


if __name__ == "__main__":
    main()
