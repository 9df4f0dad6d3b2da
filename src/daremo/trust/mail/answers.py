"""DNS answers as they were given: this package asks no server, somebody hands the answers in.

A *records file* is either JSON::

    {"complete": true,
     "records": {"city.example.jp": {"TXT": ["v=spf1 mx -all"], "MX": ["10 mx.city.example.jp"]},
                 "slow.example.jp": {"TXT": "TIMEOUT"}},
     "files": {"https://city.example.jp/.well-known/security.txt": "Contact: mailto:..."}}

or lines of a zone: ``name [ttl] [IN] TYPE data``, where text stands in quotes and ``;`` begins a remark.
With ``complete`` (the default) what is not in the file does not exist; without it, it is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

#: Texts of the records of one name and type; empty where there is none. Raises `NotAnswered`.
Dns = Callable[[str, str], tuple[str, ...]]

MOST_BYTES = 20_000_000
MOST_RECORDS = 200_000
LONGEST_CHAIN = 8
TYPES = frozenset({"A", "AAAA", "MX", "TXT", "PTR", "CNAME", "CAA", "DS", "DNSKEY", "TLSA", "NS", "SOA", "SPF", "SRV"})
#: What a resolver says when it does not know.
UNKNOWN = frozenset({"TIMEOUT", "SERVFAIL"})
_LINE = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(;.*)|([^\s";]+))', re.S)
_ESCAPE = re.compile(r"\\(\d{3}|.)", re.S)


class NotAnswered(Exception):
    """No answer: the server was silent, failed, or the answer was not handed in."""


class BadRecords(ValueError):
    """A records file that cannot be read; `line` is the line, 0 for the whole file."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def name_of(name: str) -> str:
    """A domain name as it is looked up: small letters, no dot at the end, international names in A-labels."""
    name = name.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return name
    return name


@dataclass(frozen=True)
class Answers:
    """DNS answers (and a few files) handed in.

    Attributes
    ----------
    records : Mapping
        Texts by (name, type); None where the server did not answer.
    files : Mapping
        Texts by https address.
    complete : bool
        Whether what is absent does not exist (else it is unknown).
    """

    records: Mapping[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True

    def __call__(self, name: str, kind: str) -> tuple[str, ...]:
        """Texts of the records of `name` and type `kind`; aliases are followed.

        Raises
        ------
        NotAnswered
            Where the answer is unknown, or aliases go in a circle.
        """
        at = name_of(name)
        for _ in range(LONGEST_CHAIN + 1):
            if (at, kind) in self.records:
                found = self.records[at, kind]
                if found is None:
                    raise NotAnswered(f"{at} {kind}")
                return found
            alias = self.records.get((at, "CNAME"), ()) if kind != "CNAME" else ()
            if alias is None:
                raise NotAnswered(f"{at} {kind}")
            if not alias:
                if self.complete:
                    return ()
                raise NotAnswered(f"{at} {kind}")
            at = name_of(alias[0])
        raise NotAnswered(f"{name_of(name)} {kind}: aliases in a circle")

    @classmethod
    def of(cls, records: Mapping[str, Mapping[str, object]], *, complete: bool = True) -> Answers:
        """Answers from ``{name: {type: [texts]}}``."""
        return cls(_records(records), {}, complete)

    @classmethod
    def none(cls) -> Answers:
        """Nothing was handed in: everything is unknown."""
        return cls({}, {}, False)


def read_records(text: str) -> Answers:
    """Read a records file, JSON or lines of a zone.

    Raises
    ------
    BadRecords
        With the line, where it cannot be read or is larger than 20 MB.
    """
    if len(text) > MOST_BYTES:
        raise BadRecords("larger than 20 MB")
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _from_json(text.lstrip("\ufeff"))
    return _from_zone(text.lstrip("\ufeff"))


def _from_json(text: str) -> Answers:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as e:
        raise BadRecords(e.msg, e.lineno) from e
    except (RecursionError, ValueError) as e:
        raise BadRecords("not JSON that can be read") from e
    records = document.get("records", {}) if "records" in document or "files" in document else document
    files = document.get("files", {})
    if not isinstance(records, dict) or not isinstance(files, dict):
        raise BadRecords('"records" and "files" are objects')
    complete = document.get("complete", True) is True
    named = {k: v for k, v in records.items() if k != "complete"}
    return Answers(_records(named), {str(k): str(v) for k, v in files.items()}, complete)


def _records(named: Mapping[str, object]) -> dict[tuple[str, str], tuple[str, ...] | None]:
    out: dict[tuple[str, str], tuple[str, ...] | None] = {}
    for name, kinds in named.items():
        if not isinstance(kinds, Mapping):
            raise BadRecords(f"{name}: types and texts are missing")
        for kind, texts in kinds.items():
            if isinstance(texts, str):
                texts = [texts]
            if not isinstance(texts, list | tuple):
                raise BadRecords(f"{name} {kind}: a list of texts is expected")
            if len(texts) == 1 and str(texts[0]).upper() in UNKNOWN:
                out[name_of(name), str(kind).upper()] = None
            else:
                # a TXT record may be given as its strings, which are joined without a space (RFC 7208 3.3)
                out[name_of(name), str(kind).upper()] = tuple(
                    "".join(map(str, t)) if isinstance(t, list | tuple) else str(t) for t in texts
                )
    return out


def _from_zone(text: str) -> Answers:
    found: dict[tuple[str, str], list[str] | None] = {}
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith((";", "#", "$TTL")):
            continue
        words: list[tuple[str, bool]] = []
        for m in _LINE.finditer(line):
            if m[2] is not None:
                break
            if m[1] is not None:
                words.append((_ESCAPE.sub(_unescape, m[1]), True))
            else:
                words.append((m[3], False))
        name = last if line[0].isspace() else words.pop(0)[0] if words else ""
        last = name
        while words and not words[0][1] and (words[0][0].isdigit() or words[0][0].upper() == "IN"):
            words.pop(0)
        if not name or not words or words[0][1] or words[0][0].upper() not in TYPES:
            raise BadRecords("expected: name [ttl] [IN] TYPE data", number)
        kind = words.pop(0)[0].upper()
        key = (name_of(name), kind)
        if len(words) == 1 and words[0][0].upper() in UNKNOWN and not words[0][1]:
            found[key] = None
            continue
        quoted = kind in ("TXT", "SPF") and any(q for _, q in words)
        data = "".join(w for w, q in words if q) if quoted else " ".join(w for w, _ in words)
        entry = found.setdefault(key, [])
        if entry is not None:
            entry.append(data)
        if len(found) > MOST_RECORDS:
            raise BadRecords("more than 200,000 records", number)
    return Answers({k: None if v is None else tuple(v) for k, v in found.items()})


def _unescape(m: re.Match[str]) -> str:
    return chr(int(m[1])) if m[1].isdigit() and int(m[1]) < 256 else m[1]
