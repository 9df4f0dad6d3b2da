"""What a hop on the way wrote into ``Authentication-Results``: believed only where the caller names the hop (RFC 8601)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daremo.trust.mail.answers import name_of
from daremo.trust.mail.message import Message

_PROPERTY = re.compile(r"\b([a-z]+\.[a-z]+)\s*=\s*\"?([^\s;\"]+)", re.I)


@dataclass(frozen=True, slots=True)
class Told:
    """One method's result as a hop wrote it, with its properties."""

    method: str
    result: str
    properties: dict[str, str]

    def domain(self, name: str) -> str:
        """Domain in a property, e.g. ``smtp.mailfrom``."""
        return name_of(self.properties.get(name, "").rpartition("@")[2])


def without_remarks(text: str) -> str:
    """Text without (remarks), nested ones too; linear in its length."""
    out, depth = [], 0
    for c in text:
        if c == "(":
            depth += 1
        elif c == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            out.append(c)
    return "".join(out)


def read_results(text: str) -> tuple[str, list[Told]]:
    """Name of the server and its results, from the value of one field."""
    parts = without_remarks(re.sub(r"\s+", " ", text[:20_000])).split(";")
    words = parts[0].split()
    told = []
    for part in parts[1:]:
        m = re.match(r"\s*([a-z0-9\-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", part, re.I)
        if m:
            told.append(Told(m[1].lower(), m[2].lower(), {k.lower(): v for k, v in _PROPERTY.findall(part)}))
    return (name_of(words[0]) if words else ""), told


def trusted_results(message: Message, hops: frozenset[str]) -> list[Told]:
    """Results in the topmost field of a named hop; fields further down may be anybody's."""
    for value in message.all("Authentication-Results"):
        name, told = read_results(value.decode("utf-8", "replace"))
        if name in hops:
            return told
    return []
