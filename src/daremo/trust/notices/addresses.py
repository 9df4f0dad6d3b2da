"""Links, mail addresses and telephone numbers in a text, each in one form in which it can be compared."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_CJK = "\u3000-\u30ff\u3400-\u9fff\uff00-\uff60「」（）、。"
_PATH = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%\\]*"
_URL = re.compile(
    rf"(?:h[tx]{{2}}ps?|ftp)\s?[:;]?\s?[/\\]{{2}}([^\s/\\?#<>\"'「」（）、。]+)((?:[/\\?#]{_PATH})?)", re.I
)
_BARE = re.compile(
    rf"(?<![A-Za-z0-9_@./\-])((?:[^\W_{_CJK}](?:[^\W{_CJK}]|-)*\.)+[^\W\d_{_CJK}]{{2,24}}(?::\d{{1,5}})?)((?:[/?#]{_PATH})?)(?![^\W{_CJK}]|@)"
)
_MAIL = re.compile(rf"([A-Za-z0-9._%+\-]{{1,64}})@((?:[^\W_{_CJK}](?:[^\W{_CJK}]|-)*\.)+[^\W\d_{_CJK}]{{2,24}})")
_PHONE = re.compile(r"(?<![\d.\-/])(?:\+?81[-\s(]*(?:\(0\))?|0)(?:[-\s()]{0,2}\d){8,10}(?![\d])|(?<!\d)#\d{4}(?!\d)")
_DASHES = re.compile("[‐‑–—−ー─―]")


@dataclass(frozen=True, slots=True)
class Link:
    """An address on the web.

    Attributes
    ----------
    host : str
        Small letters; international names as A-labels.
    rest : str
        Port, path and what follows.
    scheme : str
        "" where none was written.
    odd : bool
        A user name before the host, a coded host, a backslash: used to hide where it leads.
    begin, end : int
        Where it stood.
    """

    host: str
    rest: str
    scheme: str = ""
    odd: bool = False
    begin: int = 0
    end: int = 0

    @property
    def key(self) -> str:
        """Host and rest, as compared."""
        return self.host + self.rest

    def same_as(self, other: Link) -> bool:
        """Whether both lead to the same place; a link without scheme may be either, http is never https."""
        schemes = {s for s in (self.scheme, other.scheme) if s}
        return self.key == other.key and len(schemes) < 2 and not self.odd and not other.odd


def host_of(name: str) -> str:
    """A host name as compared: small letters, A-labels, no dot at the end."""
    name = unicodedata.normalize("NFKC", name).strip().rstrip(".").lower()
    if not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("idna").decode("ascii")
    return name


def link_of(text: str) -> Link | None:
    """A whole text as one link; None where it is none."""
    found = links_in(unicodedata.normalize("NFKC", text.strip()))
    length = len(unicodedata.normalize("NFKC", text.strip()))
    return found[0] if len(found) == 1 and found[0].begin == 0 and found[0].end >= length - 1 else None


@lru_cache(maxsize=1024)
def links_in(text: str) -> tuple[Link, ...]:
    """Links in a text (NFKC), in order."""
    found: list[Link] = []
    taken: list[tuple[int, int]] = []
    for m in _URL.finditer(text):
        authority, rest = m[1], m[2]
        cut = _cut(authority)
        if cut < len(authority):
            authority, rest = authority[:cut], ""
        rest = _trimmed(rest)
        end = m.start(1) + len(authority) + len(rest)
        scheme = "https" if "s" in m[0][:6].lower() else "http"
        found.append(_made(authority, rest, scheme, m.start(), end))
        taken.append((m.start(), m.end()))
    for m in [*_MAIL.finditer(text)]:
        taken.append((m.start(), m.end()))
    for m in _BARE.finditer(text):
        if not any(b <= m.start() < e for b, e in taken):
            rest = _trimmed(m[2])
            found.append(_made(m[1], rest, "", m.start(), m.start(1) + len(m[1]) + len(rest)))
    return tuple(sorted(found, key=lambda x: x.begin))


def _cut(authority: str) -> int:
    """Where a host ends that runs into Japanese words."""
    m = re.search(f"[{_CJK}]", authority)
    if not m or not re.search(r"\.[A-Za-z]{2,}(?::\d+)?$", authority[: m.start()]):
        return len(authority)
    # a name in Japanese letters goes on with a dot
    return len(authority) if re.search(r"\.[\w\-]{2,}$", authority[m.start() :]) else m.start()


def _trimmed(rest: str) -> str:
    while rest and (rest[-1] in ".,;:!?'\"*" or (rest[-1] in ")]" and rest.count("(") < rest.count(")"))):
        rest = rest[:-1]
    return rest


def _made(authority: str, rest: str, scheme: str, begin: int, end: int) -> Link:
    odd = "@" in authority or "%" in authority or "\\" in rest
    host = authority.rpartition("@")[2]
    name, _, port = host.partition(":")
    if port and not (scheme == "https" and port == "443") and not (scheme == "http" and port == "80"):
        rest = f":{port}{rest}"
    rest = rest.replace("\\", "/")
    return Link(host_of(name), "" if rest == "/" else rest, scheme, odd, begin, end)


@lru_cache(maxsize=1024)
def mails_in(text: str) -> tuple[str, ...]:
    """Mail addresses in a text, small letters, A-labels."""
    return tuple(f"{m[1].lower()}@{host_of(m[2])}" for m in _MAIL.finditer(text))


def number_of(text: str) -> str:
    """A telephone number as compared: digits only, +81 as 0; "" where it is none."""
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).strip()
    digits = re.sub(r"[\s\-().]", "", plain.removeprefix("tel:"))
    if re.fullmatch(r"#?\d{3,4}", digits):
        return digits
    if digits.startswith(("+81", "0081")):
        digits = "0" + digits.removeprefix("+81").removeprefix("0081").removeprefix("0")
    return digits if re.fullmatch(r"0\d{8,10}", digits) else ""


@lru_cache(maxsize=1024)
def numbers_in(text: str) -> tuple[str, ...]:
    """Telephone numbers in a text (NFKC), as compared."""
    plain = _DASHES.sub("-", text)
    return tuple(n for n in (number_of(m[0]) for m in _PHONE.finditer(plain)) if n)
