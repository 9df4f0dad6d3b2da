"""Read an SPF record: terms, and the macros inside their domains (RFC 7208 sections 4.6.1, 5, 6, 7)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

LONGEST_RECORD, LONGEST_TERM = 8192, 600
_DIRECTIVE = re.compile(r"([+\-?~]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?=[:/]|$)(.*)", re.I | re.S)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9\-_.]*)=(.*)", re.S)
_CIDR = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?$")
_MACRO = r"%\{[slodiphSLODIPHvV]\d*[rR]?[.\-+,/_=]*\}"
_EXPAND = rf"(?:{_MACRO}|%%|%_|%-)"
_TEXT = re.compile(rf"(?:{_EXPAND}|[!-$&-~])*\Z")
_DOMAIN = re.compile(
    rf"(?:{_EXPAND}|[!-$&-~])*(?:\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9\-]*[A-Za-z0-9])\.?|{_EXPAND})\Z"
)
_ZERO = re.compile(r"%\{[A-Za-z]0+[rR]?[.\-+,/_=]*\}")
_IN_EXP = re.compile(r"%\{([slodiphcrtvSLODIPHCRTV])(\d*)([rR]?)([.\-+,/_=]*)\}|%%|%_|%-|%")


class BadRecord(ValueError):
    """A record that breaks the grammar: the result is permerror."""


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism: qualifier, name, domain as written (with macros), network, and prefix lengths in bits."""

    written: str
    qualifier: str
    name: str
    domain: str = ""
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    bits4: int = 32
    bits6: int = 128


@dataclass(frozen=True, slots=True)
class Record:
    """A record read: mechanisms in order, and the domains of redirect and exp ("" where absent)."""

    terms: tuple[Term, ...]
    redirect: str = ""
    exp: str = ""


def is_spf(text: str) -> bool:
    """Whether a TXT record claims to be SPF version 1."""
    return text[:6].lower() == "v=spf1" and (len(text) == 6 or text[6] == " ")


def read_record(text: str) -> Record:
    """Read a whole record; an error anywhere counts (RFC 7208 4.6).

    Raises
    ------
    BadRecord
        With what is wrong.
    """
    if not text.isascii():
        raise BadRecord("letters outside ASCII")
    if len(text) > LONGEST_RECORD:
        raise BadRecord("record longer than 8 kB")
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in text[6:].split(" "):
        if not word:
            continue
        if not word.isprintable():
            raise BadRecord("control character")
        if len(word) > LONGEST_TERM:
            raise BadRecord("term longer than 600 letters")
        m = _MODIFIER.match(word)
        if m:
            name, value = m[1].lower(), m[2]
            if name in ("redirect", "exp"):
                if name in modifiers:
                    raise BadRecord(f"{name} stands twice")
                modifiers[name] = _domain(value, word)
            elif not _TEXT.match(value):
                raise BadRecord(f"macro in {word}")
            continue
        terms.append(_term(word))
    return Record(tuple(terms), modifiers.get("redirect", ""), modifiers.get("exp", ""))


def _domain(text: str, word: str) -> str:
    if not _DOMAIN.match(text) or _ZERO.search(text):
        raise BadRecord(f"domain in {word}")
    return text


def _term(word: str) -> Term:
    m = _DIRECTIVE.fullmatch(word)
    if not m:
        raise BadRecord(f"unknown mechanism {word}")
    qualifier, name, rest = m[1] or "+", m[2].lower(), m[3]
    if name == "all":
        if rest:
            raise BadRecord(f"all takes nothing: {word}")
        return Term(word, qualifier, name)
    if name in ("ip4", "ip6"):
        return Term(word, qualifier, name, network=_network(name, rest, word))
    if name in ("include", "exists"):
        if not rest.startswith(":"):
            raise BadRecord(f"{name} needs a domain")
        return Term(word, qualifier, name, _domain(rest[1:], word))
    if name == "ptr":
        if rest and not rest.startswith(":"):
            raise BadRecord(f"ptr takes no network: {word}")
        return Term(word, qualifier, name, _domain(rest[1:], word) if rest else "")
    cidr = _CIDR.search(rest)
    assert cidr is not None
    domain, bits4, bits6 = rest[: cidr.start()], int(cidr[1] or 32), int(cidr[2] or 128)
    if bits4 > 32 or bits6 > 128:
        raise BadRecord(f"network in {word}")
    if domain:
        if not domain.startswith(":"):
            raise BadRecord(f"domain in {word}")
        domain = _domain(domain[1:], word)
    return Term(word, qualifier, name, domain, None, bits4, bits6)


def _network(name: str, rest: str, word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    m = re.fullmatch(r":([0-9A-Fa-f:.]+)(?:/(0|[1-9]\d{0,2}))?", rest)
    if not m:
        raise BadRecord(f"address in {word}")
    try:
        if name == "ip4":
            return ipaddress.IPv4Network(f"{m[1]}/{m[2] or 32}", strict=False)
        return ipaddress.IPv6Network(f"{m[1]}/{m[2] or 128}", strict=False)
    except ValueError as e:
        raise BadRecord(f"address in {word}") from e


@dataclass(frozen=True, slots=True)
class Letters:
    """What the macro letters stand for."""

    values: dict[str, str]

    def expand(self, text: str, *, explaining: bool = False) -> str:
        """Text with every macro replaced; ``%{c} %{r} %{t}`` only inside an explanation.

        Raises
        ------
        BadRecord
            At a macro that is not one.
        """

        def one(m: re.Match[str]) -> str:
            whole = m[0]
            if whole in ("%%", "%_", "%-"):
                return {"%%": "%", "%_": " ", "%-": "%20"}[whole]
            letter = m[1]
            if letter is None or (letter.lower() in "crt" and not explaining):
                raise BadRecord(f"macro {whole}")
            value = self.values[letter.lower()]
            parts = re.split(f"[{re.escape(m[4] or '.')}]", value)
            if m[3]:
                parts.reverse()
            if m[2]:
                keep = int(m[2][:9])
                if keep == 0:
                    raise BadRecord(f"macro {whole}")
                parts = parts[-keep:]
            value = ".".join(parts) if (m[2] or m[3] or m[4]) else value
            return _escaped(value) if letter.isupper() else value

        return _IN_EXP.sub(one, text)


def _escaped(value: str) -> str:
    return "".join(c if re.match(r"[A-Za-z0-9\-._~]", c) else "".join(f"%{b:02X}" for b in c.encode()) for c in value)
