"""Assets of organisations from CycloneDX (JSON, XML), SPDX (JSON) and CSV inventories."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from daremo.kernel.errors import InputError, Problem
from daremo.trust.exposure.bounded import read_json, read_xml, refused
from daremo.trust.exposure.model import Component, plain_name
from daremo.trust.exposure.purls import KNOWN_TYPES, from_purl, split
from daremo.trust.problems import words

MOST_ROWS = 1_000_000
#: Headings of an inventory: name to Japanese and English writing.
HEADINGS = {
    "asset": ("資産", "asset"), "organisation": ("組織", "organisation", "organization"),
    "name": ("製品", "product", "name"), "version": ("版", "version"), "purl": ("purl",),
    "type": ("種類", "type"), "supplier": ("供給者", "supplier", "vendor"), "country": ("国", "country"),
    "node": ("節点", "node"), "exposed": ("外から届く", "exposed"),
}  # fmt: skip
YES, NO = {"yes", "true", "1", "はい", "○"}, {"no", "false", "0", "いいえ", "×", ""}


def read_assets(data: bytes, file: str, organisation: str = "") -> tuple[Component, ...]:
    """Components of one file, in a fixed order whatever the order of its rows.

    Raises
    ------
    InputError
        ``exposure-not-sbom``, ``exposure-inventory`` with every bad row, or a bound of `bounded`.
    """
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    found: Iterable[Component]
    if head == b"<":
        found = _cyclonedx_xml(read_xml(data, file), file, organisation)
    elif head == b"{":
        value = read_json(data, file)
        if value.get("bomFormat") == "CycloneDX":
            found = _cyclonedx(value, file, organisation)
        elif "spdxVersion" in value:
            found = _spdx(value, file, organisation)
        else:
            raise refused("exposure-not-sbom", file)
    else:
        found = _inventory(data, file, organisation)
    return tuple(sorted(set(found)))


def _texts(value: Any, *keys: str) -> list[str]:
    """Text under each key, "" where there is none."""
    got = value if isinstance(value, dict) else {}
    return [x if isinstance(x := got.get(k), str) else "" for k in keys]


def _dicts(value: Any, key: str) -> list[dict[str, Any]]:
    got = value.get(key) if isinstance(value, dict) else None
    return [x for x in got if isinstance(x, dict)] if isinstance(got, list) else []


def _component(
    asset: str, organisation: str, name: str, version: str, purl: str, supplier: str, exposed: bool, node: str = "",
    country: str = "", type: str = "",
) -> Component:  # fmt: skip
    read = from_purl(purl) if purl else None
    if read is not None:
        kind, space, last, own, also, distro = read
        return Component(
            asset,
            organisation,
            kind,
            space,
            last,
            own or version,
            also,
            distro,
            supplier,
            country,
            node or asset,
            exposed,
        )
    kind = type if type in KNOWN_TYPES else "generic"
    space, last = split(kind, "", name) if kind != "generic" else ("", plain_name(name))
    return Component(
        asset, organisation, kind, space, last, version, (), "", supplier, country, node or asset, exposed,
    )  # fmt: skip


def _cyclonedx(value: dict[str, Any], file: str, organisation: str) -> Iterator[Component]:
    meta = value.get("metadata")
    main = meta.get("component") if isinstance(meta, dict) else None
    asset = _texts(main, "name")[0] or PurePosixPath(file).name.split(".")[0]
    exposed = any(_texts(p, "name", "value") == ["daremo:exposed", "yes"] for p in _dicts(main, "properties"))
    owner = organisation or _texts(main.get("supplier") if isinstance(main, dict) else None, "name")[0]
    stack = _dicts(value, "components") + ([main] if isinstance(main, dict) else [])
    while stack:
        c = stack.pop()
        stack += _dicts(c, "components")
        name, version, purl, group = _texts(c, "name", "version", "purl", "group")
        if name:
            supplier = _texts(c.get("supplier"), "name")[0] or _texts(c, "publisher")[0]
            yield _component(asset, owner, f"{group}/{name}" if group else name, version, purl, supplier, exposed)


def _cyclonedx_xml(root: Element, file: str, organisation: str) -> Iterator[Component]:
    if not root.tag.rpartition("}")[0].startswith("{http://cyclonedx.org/schema/bom/"):
        raise refused("exposure-not-sbom", file, root.tag)
    space = root.tag.rpartition("}")[0] + "}"
    asset = root.findtext(f"{space}metadata/{space}component/{space}name") or PurePosixPath(file).name.split(".")[0]
    for c in root.iter(f"{space}component"):
        name, version, purl, group = (c.findtext(space + t) or "" for t in ("name", "version", "purl", "group"))
        if name:
            supplier = c.findtext(f"{space}supplier/{space}name") or ""
            yield _component(asset, organisation, f"{group}/{name}" if group else name, version, purl, supplier, False)


def _spdx(value: dict[str, Any], file: str, organisation: str) -> Iterator[Component]:
    asset = _texts(value, "name")[0] or PurePosixPath(file).name.split(".")[0]
    for p in _dicts(value, "packages"):
        name, version, supplier = _texts(p, "name", "versionInfo", "supplier")
        purls = [
            _texts(r, "referenceLocator")[0] for r in _dicts(p, "externalRefs") if r.get("referenceType") == "purl"
        ]
        supplier = supplier.partition(":")[2].strip() if ":" in supplier else ""
        for purl in purls or [""]:
            if name:
                yield _component(asset, organisation, name, version, purl, supplier, False)


def rows_of_csv(data: bytes, file: str, code: str, headings: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Rows of a CSV by heading in either language; UTF-8 or CP932, bounded.

    Raises
    ------
    InputError
        `code` where it is no text, has no heading that is known, or too many rows.
    """
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise refused(code, file, "encoding")
    known = {w.casefold(): key for key, names in headings.items() for w in (key, *names)}
    try:
        reader = csv.reader(io.StringIO(text, newline=""))
        head = next(reader, [])
        keys = [known.get(h.strip().casefold(), "") for h in head]
        if "\x00" in text or not any(keys):
            raise refused(code, file, ",".join(head))
        rows = []
        for n, cells in enumerate(reader, 2):
            if n > MOST_ROWS:
                raise refused("exposure-too-large", file, f"> {MOST_ROWS:,} rows")
            if any(c.strip() for c in cells):
                rows.append({**{k: c.strip() for k, c in zip(keys, cells) if k}, "row": str(n)})
    except csv.Error as e:
        raise refused(code, file, e) from e
    return rows


def _inventory(data: bytes, file: str, organisation: str) -> list[Component]:
    rows = rows_of_csv(data, file, "exposure-inventory", HEADINGS)
    bad: list[Problem] = []
    ja, fix = words("exposure-inventory")
    found = []
    for r in rows:
        exposed = r.get("exposed", "").casefold()
        wrong = (
            ("asset", r.get("asset", "")) if not r.get("asset")
            else ("name", "") if not (r.get("name") or r.get("purl"))
            else ("exposed", exposed) if exposed not in YES | NO
            else ("purl", r["purl"]) if r.get("purl") and from_purl(r["purl"]) is None
            else None
        )  # fmt: skip
        if wrong:
            bad.append(Problem("exposure-inventory", ja, fix, file, int(r["row"]), wrong[0], wrong[1][:200]))
            continue
        found.append(
            _component(
                r["asset"], r.get("organisation", "") or organisation, r.get("name", ""), r.get("version", ""),
                r.get("purl", ""), r.get("supplier", ""), exposed in YES, r.get("node", ""), r.get("country", ""),
                r.get("type", "").casefold(),
            )
        )  # fmt: skip
    if bad:
        raise InputError(bad)
    return found
