"""Advisories in OSV and CSAF 2.0, and lists of weaknesses known to be exploited, as one form."""

from __future__ import annotations

import functools
from typing import Any

from daremo.trust.exposure.bounded import read_json, refused
from daremo.trust.exposure.csaf import read_csaf
from daremo.trust.exposure.cvss import base_score
from daremo.trust.exposure.model import Advisory, Affected, Interval
from daremo.trust.exposure.purls import from_ecosystem, from_purl
from daremo.trust.exposure.versions import Incomparable, before

#: CVSS band middles for advisories that give only a word.
WORDS = {"low": 2.0, "moderate": 5.5, "medium": 5.5, "high": 8.0, "critical": 9.5}


def read_advisories(data: bytes, file: str) -> tuple[tuple[Advisory, ...], frozenset[str]]:
    """Advisories of one JSON file, and identifiers that it says are exploited.

    Raises
    ------
    InputError
        ``exposure-not-advisory``, or a bound of `bounded`.
    """
    value = read_json(data, file)
    many = value if isinstance(value, list) else [value]
    found: list[Advisory] = []
    exploited: set[str] = set()
    for one in many:
        if not isinstance(one, dict):
            raise refused("exposure-not-advisory", file, type(one).__name__)
        document = one.get("document")
        if isinstance(document, dict) and "csaf_version" in document:
            found += read_csaf(one, file)
        elif isinstance(one.get("vulnerabilities"), list) and "catalogVersion" in one:
            exploited |= {
                v["cveID"] for v in one["vulnerabilities"] if isinstance(v, dict) and isinstance(v.get("cveID"), str)
            }
        elif isinstance(one.get("id"), str) and isinstance(one.get("affected"), list | None):
            found += [] if isinstance(one.get("withdrawn"), str) else [_osv(one, file)]
        else:
            raise refused("exposure-not-advisory", file)
    return tuple(found), frozenset(exploited)


def _list(value: Any, key: str, kind: type) -> list[Any]:
    got = value.get(key) if isinstance(value, dict) else None
    return [x for x in got if isinstance(x, kind)] if isinstance(got, list) else []


def _osv(one: dict[str, Any], file: str) -> Advisory:
    affected = [a for entry in _list(one, "affected", dict) if (a := _affected(entry)) is not None]
    specific = one.get("database_specific")
    word = specific.get("severity") if isinstance(specific, dict) else None
    entries = [
        *_list(one, "severity", dict),
        *(s for a in _list(one, "affected", dict) for s in _list(a, "severity", dict)),
    ]
    scores = [s for e in entries if isinstance(e.get("score"), str) and (s := base_score(e["score"])) is not None]
    return Advisory(
        one["id"],
        tuple(sorted(set(_list(one, "aliases", str)) | set(_list(one, "upstream", str)))),
        str(one.get("summary") or one.get("details") or one["id"])[:300],
        max(scores) if scores else WORDS.get(word.casefold()) if isinstance(word, str) else None,
        False,
        tuple(affected),
        file,
    )


def _affected(entry: dict[str, Any]) -> Affected | None:
    package = entry.get("package")
    if not isinstance(package, dict):
        return None
    purl = package.get("purl")
    read = from_purl(purl) if isinstance(purl, str) else None
    if isinstance(package.get("ecosystem"), str) and isinstance(package.get("name"), str):
        type, space, name, distro = from_ecosystem(package["ecosystem"], package["name"])
    elif read is not None:
        type, space, name, distro = read[0], read[1], read[2], read[5]
    else:
        return None
    intervals: list[Interval] = []
    fixed: set[str] = set()
    doubt = False
    ranges = _list(entry, "ranges", dict)
    for r in ranges:
        if r.get("type") not in ("ECOSYSTEM", "SEMVER"):
            continue  # commits cannot be compared with versions
        order = "semver" if r.get("type") == "SEMVER" and type == "generic" else type
        events = [(k, v) for e in _list(r, "events", dict) for k, v in e.items() if isinstance(v, str)]
        fixed |= {v for k, v in events if k == "fixed"}
        try:
            intervals += _intervals(order, events)
        except Incomparable:
            doubt = True
    versions = tuple(_list(entry, "versions", str))
    return Affected(
        type, space, name, "", distro, versions, tuple(intervals), (),
        not versions and not intervals, "possible" if doubt or not (versions or intervals) else "affected",
        tuple(sorted(fixed)),
    )  # fmt: skip


_RANK = {"fixed": 0, "limit": 0, "introduced": 1, "last_affected": 2}


def _intervals(type: str, events: list[tuple[str, str]]) -> list[Interval]:
    """Intervals of a range's events, sorted by version as OSV's evaluation asks."""

    def order(a: tuple[str, str], b: tuple[str, str]) -> int:
        if a[1] == "0" or b[1] == "0":
            return (b[1] == "0") - (a[1] == "0")
        if before(type, a[1], b[1]):
            return -1
        return 1 if before(type, b[1], a[1]) else _RANK[a[0]] - _RANK[b[0]]

    known = [(k, v) for k, v in events if k in _RANK and v != "*"]
    out: list[Interval] = []
    low: str | None = None
    is_open = False
    for kind, version in sorted(known, key=functools.cmp_to_key(order)):
        if kind == "introduced":
            if not is_open:
                low, is_open = (None if version == "0" else version), True
        elif is_open:
            out.append(Interval(low, version, True, kind == "last_affected"))
            is_open = False
    return [*out, Interval(low, None)] if is_open else out
