"""A message as it came, cut into header fields and body, within bounds; nothing is decoded that need not be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header

from daremo.trust.mail.answers import name_of

MOST_BYTES = 25_000_000
MOST_HEADER_BYTES = 1_000_000
MOST_FIELDS = 2_000
LONGEST_FROM = 4_000
_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
#: One author: a name and <address>, or an address alone.
_MAILBOX = re.compile(r'([^<>]*)<\s*([^<>\s"]+)\s*>|([^\s<>"]+)')
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]+@([^\s@<>\"(),;:]+\.[^\s@<>\"(),;:]+)")


class BadMessage(ValueError):
    """A message that cannot be judged; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """Header fields in order (name as written, value with its folds and CRLF), body with CRLF line ends.

    `broken` counts header lines that are none.
    """

    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes
    broken: int = 0

    def all(self, name: str) -> list[bytes]:
        """Values of every field of that name, top first."""
        low = name.lower().encode()
        return [v for n, v in self.fields if n.lower() == low]

    def text(self, name: str) -> str:
        """The first field of that name, unfolded, as text ("" where absent)."""
        found = self.all(name)
        return unfolded(found[0]) if found else ""


def split(raw: bytes) -> Message:
    """Cut a message into header fields and body.

    Raises
    ------
    BadMessage
        ``mail-too-large`` over 25 MB, ``mail-header-too-large`` over 1 MB or 2,000 fields of header,
        ``mail-no-header`` where there is no header field at all.
    """
    if len(raw) > MOST_BYTES:
        raise BadMessage("mail-too-large")
    raw = re.sub(rb"\r?\n", b"\r\n", raw)
    if raw.startswith(b"\r\n"):
        head, body = b"", raw[2:]
    else:
        head, _, body = raw.partition(b"\r\n\r\n")
    if len(head) > MOST_HEADER_BYTES:
        raise BadMessage("mail-header-too-large")
    fields: list[tuple[bytes, list[bytes]]] = []
    broken = 0
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line + b"\r\n")
            continue
        m = _NAME.match(line)
        if m:
            fields.append((m[1], [line[m.end() :] + b"\r\n"]))
        elif line and not line.startswith(b"From "):
            broken += 1
        if len(fields) > MOST_FIELDS:
            raise BadMessage("mail-header-too-large")
    if not fields:
        raise BadMessage("mail-no-header")
    return Message(tuple((n, b"".join(v)) for n, v in fields), body, broken)


def unfolded(value: bytes) -> str:
    """A header value on one line, encoded words decoded where they can be."""
    text = re.sub(r"\s+", " ", value[:LONGEST_FROM].decode("utf-8", "replace")).strip()
    try:
        parts = decode_header(text)
        return "".join(p if isinstance(p, str) else p.decode(c or "ascii", "replace") for p, c in parts)
    except (MessageError, ValueError, LookupError):
        return text


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the message says it is from.

    `domain` is "" where not exactly one address can be read; `pretends` is a domain that stands in the shown name only.
    """

    address: str
    domain: str
    shown: str
    pretends: str = ""
    problem: str = ""


def sender_of(message: Message) -> Sender:
    """The author of the message: exactly one From with exactly one address, else `problem` says which rule it breaks."""
    fields = message.all("From")
    if not fields:
        return Sender("", "", "", problem="no-from")
    shown = unfolded(fields[0])
    if len(fields) > 1:
        return Sender("", "", shown, problem="many-from")
    if len(fields[0]) > LONGEST_FROM:
        return Sender("", "", shown[:200], problem="bad-from")
    raw = re.sub(r"\s+", " ", fields[0].decode("utf-8", "replace")).strip()
    found = _mailboxes(raw)
    if len(found) > 1:
        return Sender("", "", shown, problem="many-from")
    m = _MAILBOX.fullmatch(found[0]) if found else None
    if m is None:
        return Sender("", "", shown, problem="bad-from")
    address = m[2] or m[3]
    local, at, domain = address.rpartition("@")
    domain = name_of(domain)
    if (
        not at
        or not local
        or "@" in local
        or "." not in domain
        or not re.fullmatch(r"[a-z0-9._\-]+", domain)
        or ".." in domain
    ):
        return Sender(address[:200], "", shown, problem="bad-from")
    name = unfolded((m[1] or "").replace('"', " ").encode("utf-8", "replace"))
    seen = [name_of(m[1]) for m in _ADDRESS.finditer(name)]
    pretends = next((d for d in seen if d != domain), "")
    return Sender(address, domain, shown[:400], pretends)


def _mailboxes(text: str) -> list[str]:
    """The list of authors cut at commas; remarks in brackets are left out, what stands in quotes stays whole."""
    found: list[str] = []
    now: list[str] = []
    depth, quoted, skip = 0, False, False
    for c in text:
        if skip:
            skip = False
        elif c == "\\":
            skip = True
        elif c == '"' and depth == 0:
            quoted = not quoted
        elif not quoted and c == "(":
            depth += 1
        elif not quoted and c == ")" and depth:
            depth -= 1
            continue
        elif not quoted and depth == 0 and c == ",":
            found.append("".join(now))
            now = []
            continue
        if depth == 0:
            now.append(c)
    found.append("".join(now))
    return [f.strip() for f in found if f.strip()]
