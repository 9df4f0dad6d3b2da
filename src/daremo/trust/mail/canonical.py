"""The two canonical forms of header and body, and which fields a signature covers (RFC 6376 sections 3.4, 3.5, 5.4.2)."""

from __future__ import annotations

import re

Field = tuple[bytes, bytes]


class BadTags(ValueError):
    """A list ``tag=value; …`` that breaks its grammar."""


def tags_of(value: bytes) -> dict[str, str]:
    """Tags of a signature or key record; white space inside values is kept, around them it is not.

    Raises
    ------
    BadTags
        At a part without ``=``, a tag that is no name, or one that stands twice.
    """
    text = value.decode("utf-8", "replace")
    parts = text.split(";")
    if parts and not parts[-1].strip():
        parts.pop()
    found: dict[str, str] = {}
    for part in parts:
        name, equals, content = part.partition("=")
        name = name.strip()
        if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            raise BadTags(f"not a tag: {part.strip()[:40]}")
        if name in found:
            raise BadTags(f"{name}= stands twice")
        found[name] = content.strip()
    return found


def without_signature(value: bytes) -> bytes:
    """The signature's own field with an empty ``b=``."""
    return re.sub(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*", rb"\1", value, count=1)


def field(name: bytes, value: bytes, form: str) -> bytes:
    """One header field in canonical form, with CRLF at the end."""
    if form == "simple":
        return name + b":" + value
    flat = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.lower() + b":" + flat + b"\r\n"


def body(text: bytes, form: str) -> bytes:
    """The body in canonical form."""
    if form == "relaxed":
        text = re.sub(rb"[ \t]+", b" ", text).replace(b" \r\n", b"\r\n")
        text = text[:-1] if text.endswith(b" ") else text
    end = len(text.rstrip(b"\r\n"))
    if text[end:] != b"\r\n" * ((len(text) - end) // 2):  # a lone CR or LF is text, not an empty line
        end = len(text)
        while text[end - 2 : end] == b"\r\n":
            end -= 2
    text = text[:end]
    if text:
        return text + b"\r\n"
    return b"" if form == "relaxed" else b"\r\n"


def chosen(fields: tuple[Field, ...], names: list[bytes]) -> list[Field]:
    """The fields a signature covers: of each name the lowest not yet taken."""
    at: dict[bytes, list[int]] = {}
    for i, (name, _) in enumerate(fields):
        at.setdefault(name.lower(), []).append(i)
    out = []
    for name in names:
        left = at.get(name.lower())
        if left:
            out.append(fields[left.pop()])
    return out
