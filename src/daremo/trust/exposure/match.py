"""Components × advisories: which are affected, which may be; the same answer for any order of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from daremo.kernel.results import Progress, silent
from daremo.trust.exposure.model import Advisory, Affected, Component, Finding, plain_name, plain_vendor
from daremo.trust.exposure.purls import DISTRIBUTIONS
from daremo.trust.exposure.versions import held


def match(
    components: Iterable[Component], advisories: Iterable[Advisory], exploited: frozenset[str] = frozenset(),
    progress: Progress = silent,
) -> tuple[Finding, ...]:  # fmt: skip
    """Every component that an advisory is or may be about, sorted.

    Where names meet but versions cannot be compared the finding is ``possible``, never dropped: nothing affected is
    missed as long as the package is named.

    Parameters
    ----------
    exploited : frozenset of str
        Identifiers known to be exploited, beside what the advisories say.
    """
    by_name: dict[str, list[Component]] = defaultdict(list)
    for c in sorted(set(components)):
        for name in {plain_name(c.name), *(plain_name(a) for a in c.also)}:
            by_name[name].append(c)
    found: set[Finding] = set()
    listed = sorted(set(advisories), key=lambda a: (a.id, a.file, repr(a)))
    for n, advisory in enumerate(listed):
        if n % 256 == 0:
            progress(n / len(listed), advisory.id)
        seen: dict[Component, list[Affected]] = defaultdict(list)
        for affected in advisory.affected:
            for c in by_name.get(plain_name(affected.name), ()):
                seen[c].append(affected)
        for c, those in seen.items():
            state, why = judge(c, those)
            if state:
                fixed = tuple(sorted({x for a in those for x in a.fixed if meets(c, a)}))
                known = advisory.exploited or bool({advisory.id, *advisory.aliases} & exploited)
                found.add(
                    Finding(
                        c, advisory.id, advisory.aliases, advisory.title, state, why, advisory.severity, known, fixed,
                        advisory.todo,
                    )
                )  # fmt: skip
    return tuple(sorted(found, key=lambda f: (f.component, f.advisory, f.state, repr(f))))


def meets(c: Component, a: Affected) -> str:
    """``"yes"`` where the names are of one package, ``"maybe"`` where that cannot be told, ``""`` where they differ."""
    if a.type in ("", "generic") or c.type == "generic":
        if c.type not in ("", "generic") and a.type == "":
            return "maybe"  # a product by name only, a package by its address
        if a.type not in ("", "generic"):
            return "maybe"
        if not a.vendor or not c.supplier:
            return "yes" if not a.vendor and not c.supplier else "maybe"
        return "yes" if plain_vendor(a.vendor) == plain_vendor(c.supplier) else "maybe"
    if c.type != a.type:
        return ""
    if c.type in DISTRIBUTIONS:
        if c.namespace and a.namespace and c.namespace != a.namespace:
            return ""
        if c.distro and a.distro and c.distro != a.distro and not c.distro.startswith(a.distro + "."):
            return ""
        return "yes" if (c.namespace and (c.distro or not a.distro)) else "maybe"
    return "yes" if (c.namespace, c.name) == (a.namespace, a.name) else ""


def judge(c: Component, those: list[Affected]) -> tuple[str, str]:
    """State and reason of one component under one advisory's entries for its name."""
    best, why, cleared = "", "", False
    for a in those:
        named = meets(c, a)
        if not named:
            continue
        hit = held(c.type if c.type not in ("", "generic") else a.type or a.order or "generic", c.version, a)
        if a.state == "not":
            cleared |= named == "yes" and hit == "yes" and bool(a.versions) and bool(c.version)
            continue
        if hit == "no":
            continue
        sure = hit == "yes" and named == "yes" and a.state == "affected"
        if sure and c.version in a.versions:
            best, why = "affected", "version"
        elif sure and best != "affected":
            best, why = "affected", "every-version" if a.every else "range"
        elif not best:
            best = "possible"
            why = "name" if named == "maybe" else "no-version" if not c.version else "cannot-compare"
            why = "under-investigation" if a.state == "possible" and named == "yes" and hit == "yes" else why
    if cleared and why != "version":
        return "", ""
    return best, why
