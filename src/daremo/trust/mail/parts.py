"""The text that a reader of a message sees, within bounds: a bomb of parts or of encodings ends in a clear refusal.

Only leading text parts are decoded; attachments are counted and never opened.
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from dataclasses import dataclass

from daremo.trust.mail.message import BadMessage, Message, split

MOST_PARTS, DEEPEST, MOST_TEXT_BYTES = 300, 20, 2_000_000
_BOUNDARY = re.compile(r'\bboundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.I)
_CHARSET = re.compile(r'\bcharset\s*=\s*"?([A-Za-z0-9_\-.:]{1,40})', re.I)


@dataclass(frozen=True, slots=True)
class Seen:
    """Text parts of a message: plain text, text of the HTML, addresses its links lead to, number of attachments."""

    plain: str
    from_html: str
    links: tuple[str, ...]
    attachments: int


def seen(raw: bytes) -> Seen:
    """What a reader sees of a message.

    Raises
    ------
    BadMessage
        ``mail-too-many-parts`` over 300 parts or 20 levels, ``mail-text-too-large`` over 2 MB of text.
    """
    plain: list[str] = []
    marked: list[str] = []
    counts = {"parts": 0, "files": 0, "bytes": 0}
    _walk(split(raw), 0, plain, marked, counts)
    joined = "\n".join(marked)
    links = re.findall(r"""\bhref\s*=\s*["']?([^"'\s>]{1,2000})""", joined, re.I)
    return Seen(
        "\n".join(plain), _without_marks(joined), tuple(dict.fromkeys(map(html.unescape, links))), counts["files"]
    )


def _walk(message: Message, depth: int, plain: list[str], marked: list[str], counts: dict[str, int]) -> None:
    counts["parts"] += 1
    if counts["parts"] > MOST_PARTS or depth > DEEPEST:
        raise BadMessage("mail-too-many-parts")
    kind = message.text("Content-Type") or "text/plain"
    main = kind.partition(";")[0].strip().lower()
    boundary = _BOUNDARY.search(kind)
    if main.startswith("multipart/") and boundary:
        for part in _parts(message.body, boundary[1] or boundary[2]):
            try:
                inner = split(part if re.match(rb"[!-9;-~]+[ \t]*:", part) else b"X-None: 1\r\n" + part)
            except BadMessage as e:
                if e.code == "mail-no-header":
                    continue
                raise
            _walk(inner, depth + 1, plain, marked, counts)
        return
    away = message.text("Content-Disposition").lower().startswith("attachment")
    if main not in ("text/plain", "text/html") or away:
        counts["files"] += 1
        return
    text = _decoded(message, kind)
    counts["bytes"] += len(text)
    if counts["bytes"] > MOST_TEXT_BYTES:
        raise BadMessage("mail-text-too-large")
    (marked if main == "text/html" else plain).append(text)


def _parts(body: bytes, boundary: str) -> list[bytes]:
    mark = re.escape(b"--" + boundary.encode("utf-8", "replace"))
    pieces = re.split(rb"(?:^|\r\n)" + mark + rb"(--)?[ \t]*(?=\r\n|\Z)", body, maxsplit=MOST_PARTS + 2)
    out = []
    for i in range(1, len(pieces) - 1, 2):
        if pieces[i]:  # the mark that ends the list
            break
        out.append(pieces[i + 1].removeprefix(b"\r\n"))
    return out


def _decoded(message: Message, kind: str) -> str:
    how = message.text("Content-Transfer-Encoding").strip().lower()
    body = message.body
    if len(body) > 4 * MOST_TEXT_BYTES:
        raise BadMessage("mail-text-too-large")
    try:
        if how == "base64":
            body = base64.b64decode(body + b"==")
        elif how == "quoted-printable":
            body = quopri.decodestring(body)
    except (binascii.Error, ValueError):
        pass
    charset = _CHARSET.search(kind)
    try:
        return body.decode(charset[1] if charset else "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _without_marks(text: str) -> str:
    text = _without_scripts(text[:MOST_TEXT_BYTES])
    text = re.sub(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]*>", "\n", text, flags=re.I)
    return html.unescape(re.sub(r"<[^<>]*>", "", text)).strip()


def _without_scripts(text: str) -> str:
    """Text without scripts and styles, in one pass: an opening that is never closed ends the text."""
    out, at = [], 0
    mark = re.compile(r"<(script|style)\b|</(script|style)\s*>", re.I)
    inside = ""
    for m in mark.finditer(text):
        if not inside and m[1]:
            out.append(text[at : m.start()])
            inside = m[1].lower()
        elif inside and m[2] and m[2].lower() == inside:
            inside, at = "", m.end()
    return " ".join([*out, text[at:]]) if not inside else " ".join(out)
