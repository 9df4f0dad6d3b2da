"""A labelled set: versions whose order is written down by hand, ranges by position, truth by position, never by a library."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

#: Versions in their true order, as the rules of each ecosystem give it.
LADDERS = {
    "pypi": "0.9 1.0.dev1 1.0a1 1.0a2 1.0b2 1.0rc1 1.0 1.0.post1 1.1.dev3 1.1 1.2 1.9 1.10 2.0 1!0.5",
    "npm": "0.9.9 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.2.0 1.10.0 2.0.0",
    "deb": "0.9-1 1.0~beta1-1 1.0~rc1-1 1.0-1 1.0-1+deb11u1 1.0-1+deb11u2 1.0-1+deb11u10 1.0-2 1.0a-1 1.0.1-1 1.2-1 1.10-1 1:0.1-1",
    "maven": "0.9 1.0-alpha-1 1.0-beta-1 1.0-milestone-1 1.0-rc1 1.0-SNAPSHOT 1.0 1.0-sp1 1.0.1 1.2 1.10 2.0",
    "cargo": "0.1.0 0.1.1 0.2.0 0.10.0 1.0.0-rc.1 1.0.0 1.0.1 1.9.0 1.10.0",
    "golang": "v0.1.0 v0.2.0 v0.10.0 v1.0.0-rc1 v1.0.0 v1.0.1 v1.2.0 v1.10.0",
    "rpm": "0.9-1 1.0~rc1-1 1.0-1 1.0-2.el8 1.0-10.el8 1.1-1 1.10-1 1:0.5-1",
    "gem": "0.9 1.0.0.a 1.0.0.rc1 1.0.0 1.0.1 1.2 1.10",
    "nuget": "0.9.0 1.0.0-alpha 1.0.0 1.0.0.1 1.2.0 1.10.0",
    "apk": "0.9-r0 1.0_alpha1-r0 1.0_rc1-r0 1.0-r0 1.0-r1 1.0.1-r0 1.0.10-r0",
    "generic": "0.9 1.0-alpha 1.0-beta 1.0-rc1 1.0 1.0a 1.0.1 1.2 1.2.9 1.2.10 1.9 1.10 2.0 10.0",
}
OSV = {
    "pypi": "PyPI", "npm": "npm", "deb": "Debian:11", "maven": "Maven", "cargo": "crates.io", "golang": "Go",
    "rpm": "Rocky Linux:8", "gem": "RubyGems", "nuget": "NuGet", "apk": "Alpine:v3.18",
}  # fmt: skip
SPACES = {"deb": "debian", "rpm": "rocky", "apk": "alpine", "maven": "org.example", "golang": "example.org/team"}


@dataclass(frozen=True)
class Case:
    """An advisory as a publisher writes it, an inventory line, and whether it is affected."""

    advisory: dict[str, Any]
    name: str
    purl: str
    version: str
    kind: str
    writer: str
    truth: bool


def cases(seed: int, a_kind: int) -> list[Case]:
    """`a_kind` random ranges for each ecosystem and writer, against every version of its ladder."""
    chance = random.Random(seed)
    out: list[Case] = []
    for kind, text in LADDERS.items():
        ladder = text.split()
        for writer in ("osv", "csaf") if kind in OSV else ("csaf",):
            for n in range(a_kind):
                low = chance.randrange(-1, len(ladder) - 1)
                high = chance.randrange(max(low, 0), len(ladder) + 1)
                closed = chance.random() < 0.4
                high += high == low  # an empty range, or one of a single version, is written otherwise
                extra = chance.randrange(len(ladder)) if chance.random() < 0.3 else -1
                name = f"{kind}-{writer}-{n}"
                # positions affected: low (or the start) up to high, the end in or out, and one listed version
                true = {i for i in range(len(ladder)) if i >= low and (i < high or (closed and i == high))} | {extra}
                advisory = (_osv if writer == "osv" else _csaf)(kind, name, ladder, low, high, closed, extra, chance)
                out += [
                    Case(advisory, name, _purl(kind, name, v), v, kind, writer, i in true) for i, v in enumerate(ladder)
                ]
    return out


def _purl(kind: str, name: str, version: str) -> str:
    if kind == "generic":
        return ""
    from urllib.parse import quote

    space = f"{SPACES[kind]}/" if kind in SPACES else ""
    release = {"deb": "?distro=debian-11", "rpm": "?distro=rocky-8", "apk": "?distro=alpine-3.18"}.get(kind, "")
    return f"pkg:{kind}/{space}{name}@{quote(version)}{release}"


def _osv(
    kind: str, name: str, ladder: list[str], low: int, high: int, closed: bool, extra: int, chance: random.Random
) -> dict[str, Any]:
    events = [{"introduced": "0" if low < 0 else ladder[low]}]
    if high < len(ladder):
        events.append({"last_affected" if closed else "fixed": ladder[high]})
    chance.shuffle(events)
    full = {"maven": f"org.example:{name}", "golang": f"example.org/team/{name}"}.get(kind, name)
    if kind == "pypi":
        full = name.replace("-", "_").upper()
    entry: dict[str, Any] = {
        "package": {"ecosystem": OSV[kind], "name": full},
        "ranges": [{"type": "SEMVER" if kind in ("npm", "cargo", "golang") else "ECOSYSTEM", "events": events}],
    }
    if extra >= 0:
        entry["versions"] = [ladder[extra]]
    return {"id": f"T-{name}", "modified": "2026-01-01T00:00:00Z", "affected": [entry]}


def _csaf(
    kind: str, name: str, ladder: list[str], low: int, high: int, closed: bool, extra: int, chance: random.Random
) -> dict[str, Any]:
    parts = ([f">={ladder[low]}"] if low >= 0 else []) + (
        [f"{'<=' if closed else '<'}{ladder[high]}"] if high < len(ladder) else []
    )
    chance.shuffle(parts)
    helper = (
        {
            "product_identification_helper": {
                "purl": _purl(kind, name, "").partition("@")[0]
                + ("?" + _purl(kind, name, "").partition("?")[2] if "?" in _purl(kind, name, "") else "")
            }
        }
        if kind != "generic"
        else {}
    )
    leaves = [("product_version_range", f"vers:{kind}/{'|'.join(parts) or '*'}", "A")]
    if extra >= 0:
        leaves.append(("product_version", ladder[extra], "B"))
    branches = [
        {"category": c, "name": n, "product": {"product_id": i, "name": f"{name} {n}", **helper}} for c, n, i in leaves
    ]
    return {
        "document": {"csaf_version": "2.0", "title": name, "tracking": {"id": f"C-{name}"}},
        "product_tree": {"branches": [{"category": "product_name", "name": name, "branches": branches}]},
        "vulnerabilities": [{"product_status": {"known_affected": [i for _, _, i in leaves]}}],
    }


def files(made: list[Case]) -> list[tuple[str, bytes]]:
    """Each advisory once, as a file."""
    once = {json.dumps(c.advisory, sort_keys=True): c.advisory for c in made}
    return [(f"{n}.json", json.dumps(a).encode()) for n, a in enumerate(once.values())]
