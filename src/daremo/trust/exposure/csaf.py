"""CSAF 2.0: product trees flattened, product states of each weakness read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from daremo.trust.exposure.bounded import refused
from daremo.trust.exposure.model import Advisory, Affected, Interval, plain_name
from daremo.trust.exposure.purls import from_purl
from daremo.trust.exposure.versions import Incomparable, from_vers

_STATES = {
    "known_affected": "affected", "first_affected": "affected", "last_affected": "affected",
    "under_investigation": "possible", "known_not_affected": "not", "fixed": "not", "first_fixed": "not",
}  # fmt: skip
_EXPLOITED = ("exploited", "actively", "in the wild", "悪用")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree we are: the words of the branches above."""

    vendor: str = ""
    product: str = ""
    version: str = ""
    range: str = ""


def read_csaf(document: dict[str, Any], file: str) -> list[Advisory]:
    """One advisory for each weakness of a CSAF document.

    Raises
    ------
    InputError
        ``exposure-not-advisory`` where the document has no identity or weaknesses.
    """
    tracking = document["document"].get("tracking")
    name = tracking.get("id") if isinstance(tracking, dict) else None
    weak = document.get("vulnerabilities")
    if not isinstance(name, str) or not isinstance(weak, list):
        raise refused("exposure-not-advisory", file, "document.tracking.id")
    products = _products(document.get("product_tree"))
    found = [_advisory(w, n, name, products, document, file) for n, w in enumerate(weak) if isinstance(w, dict)]
    twice = {a.id for n, a in enumerate(found) if a.id in {b.id for b in found[:n]}}
    return [replace(a, id=f"{a.id}.{n + 1}") if a.id in twice else a for n, a in enumerate(found)]


def _advisory(
    w: dict[str, Any], n: int, name: str, products: dict[str, Affected], document: dict[str, Any], file: str
) -> Advisory:
    status = w.get("product_status")
    affected: list[Affected] = []
    for key, state in _STATES.items():
        ids = status.get(key, []) if isinstance(status, dict) else []
        for product in ids if isinstance(ids, list) else []:
            if isinstance(product, str) and product in products:
                found = products[product]
                both = "possible" if state == "affected" and found.state == "possible" else state
                affected.append(replace(found, state=both))  # type: ignore[arg-type]
    affected += _between(status, products)
    fixed_ids = status.get("fixed", []) if isinstance(status, dict) else []
    fixed = {v for i in fixed_ids if isinstance(i, str) and i in products for v in products[i].versions}
    affected = [replace(a, fixed=tuple(sorted(fixed))) for a in affected]
    scores = []
    for s in _dicts(w.get("scores")):
        for key in ("cvss_v3", "cvss_v4", "cvss_v2"):
            value = s.get(key)
            score = value.get("baseScore") if isinstance(value, dict) else None
            if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 10:
                scores.append(float(score))
    threats = [
        str(t.get("details", "")).casefold() for t in _dicts(w.get("threats")) if t.get("category") == "exploit_status"
    ]
    exploited = any(any(x in t for x in _EXPLOITED) and "not " not in t and "no " not in t for t in threats)
    cve = w.get("cve")
    title = w.get("title") or document["document"].get("title") or name
    todo = [str(r["details"])[:500] for r in _dicts(w.get("remediations")) if isinstance(r.get("details"), str)]
    ids = [i["text"] for i in _dicts(w.get("ids")) if isinstance(i.get("text"), str)]
    return Advisory(
        f"{name}#{n + 1}" if not isinstance(cve, str) else f"{name}#{cve}",
        tuple(sorted({*ids, *([cve] if isinstance(cve, str) else [])})),
        str(title)[:300],
        max(scores) if scores else None,
        exploited,
        tuple(affected),
        file,
        tuple(todo),
    )


def _between(status: Any, products: dict[str, Affected]) -> list[Affected]:
    """What lies from the first to the last affected version of a product, or beyond one end: a person must look."""
    ends: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for key in ("first_affected", "last_affected"):
        ids = status.get(key, []) if isinstance(status, dict) else []
        for product in ids if isinstance(ids, list) else []:
            a = products.get(product) if isinstance(product, str) else None
            if a is not None and a.versions:
                ends.setdefault((a.type, a.namespace, a.name, a.vendor), {})[key] = a.versions[0]
    return [
        Affected(
            *name, intervals=(Interval(e.get("first_affected"), e.get("last_affected"), True, True),), state="possible"
        )
        for name, e in sorted(ends.items())
    ]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _products(tree: Any) -> dict[str, Affected]:
    """Products by identifier; a relationship stands for the product that it is about."""
    found: dict[str, Affected] = {}
    if not isinstance(tree, dict):
        return found
    stack = [(b, _Place()) for b in _dicts(tree.get("branches"))]
    for full in _dicts(tree.get("full_product_names")):
        _add(found, full, _Place())
    while stack:
        branch, place = stack.pop()
        name = branch.get("name") if isinstance(branch.get("name"), str) else ""
        field = {
            "vendor": "vendor", "product_name": "product", "product_version": "version", "product_version_range": "range",
        }.get(str(branch.get("category")))  # fmt: skip
        here = replace(place, **{field: str(name)}) if field else place
        stack += [(b, here) for b in _dicts(branch.get("branches"))]
        if isinstance(branch.get("product"), dict):
            _add(found, branch["product"], here)
    for _ in range(3):  # a relationship may stand on another
        for relation in _dicts(tree.get("relationships")):
            about, whole = relation.get("product_reference"), relation.get("full_product_name")
            ident = whole.get("product_id") if isinstance(whole, dict) else None
            if isinstance(about, str) and about in found and isinstance(ident, str):
                found.setdefault(ident, found[about])
    return found


def _add(found: dict[str, Affected], product: dict[str, Any], place: _Place) -> None:
    ident = product.get("product_id")
    if not isinstance(ident, str):
        return
    helper = product.get("product_identification_helper")
    purl = helper.get("purl") if isinstance(helper, dict) else None
    read = from_purl(purl) if isinstance(purl, str) else None
    if read is not None:
        base = Affected(read[0], read[1], read[2], place.vendor, read[5])
        version = read[3] or place.version
    else:
        base = Affected("", "", plain_name(place.product or str(product.get("name", ""))), place.vendor)
        version = place.version
    if place.range:
        try:
            order, intervals, exact, excluded, every = from_vers(place.range)
            found[ident] = replace(
                base, order=order, versions=exact, intervals=intervals, excluded=excluded, every=every
            )
        except Incomparable:  # a range in words: a person must read it
            found[ident] = replace(base, every=True, state="possible")
    elif version and not any(c.isdigit() for c in version):  # "all", "*", "n/a"
        found[ident] = replace(base, every=True, state="possible")
    elif version:
        found[ident] = replace(base, versions=(version,))
    else:
        found[ident] = replace(base, every=True)
