"""Files of answers: only what the verbs print is read, only what pages show is kept, faults are named."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from daremo.kernel.errors import DaremoError
from tests.web.lines.told import KINDS, content, told


@pytest.mark.parametrize("kind", KINDS)
def test_the_verb_is_known_by_what_it_says(kind: str) -> None:
    from daremo.web.apps.lines.reading import read

    assert read(content(kind)).kind == kind


def test_what_breaks_is_kept_apart_from_what_planners_see() -> None:
    from daremo.web.apps.lines.reading import read

    seen = {kind: read(content(kind)) for kind in KINDS}
    assert set(seen["fail"].data) == {"network", "rerouting"}
    assert seen["fail"].critical["cut_off"] and seen["availability"].critical["importance"]
    assert "importance" not in seen["availability"].data
    assert not {"worst_case", "cut_off"} & set(seen["upgrade"].data)
    assert not any(seen[kind].critical for kind in ("gaps", "load", "access"))


def test_columns_that_no_page_shows_are_left_out() -> None:
    from daremo.web.apps.lines.reading import read

    value = told("gaps", secret="x")
    value["areas"][0]["note"] = "x"
    found = read(json.dumps(value).encode())
    assert "secret" not in found.data and "note" not in found.data["areas"][0]


def test_only_doubted_claims_are_kept_of_the_cells() -> None:
    from daremo.web.apps.lines.reading import read

    value = told("gaps")
    more = {**value["cells"][0], "contradicted": False}
    found = read(json.dumps(value | {"cells": [*value["cells"], more]}).encode())
    assert found.data["cells"] == value["cells"] and value["cells"]


def _wrong(code: str, value: bytes) -> str:
    from daremo.web.apps.lines.reading import read

    with pytest.raises(DaremoError) as caught:
        read(value)
    assert caught.value.code == code
    return str(caught.value.where)


@pytest.mark.parametrize(
    "value", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"binding_links": NaN}', b'{"a": Infinity}']
)
def test_what_is_no_json_is_refused(value: bytes) -> None:
    _wrong("lines-not-json", value)


@pytest.mark.parametrize("value", [b"[]", b"3", b"null", b"{}", b'{"people": 3}'])
def test_another_json_is_refused(value: bytes) -> None:
    _wrong("lines-unknown", value)


def test_a_file_that_is_too_large_is_not_read() -> None:
    from daremo.web.apps.lines.reading import MOST_BYTES

    _wrong("lines-too-large", b" " * (MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("gaps", ("areas", 3, "share"), 1.5),
        ("gaps", ("areas", 3, "share"), "0.5"),
        ("gaps", ("areas", 3, "people"), -1),
        ("gaps", ("areas", 3, "people"), None),
        ("gaps", ("areas", 3, "people"), True),
        ("gaps", ("areas", 0, "name"), "x" * 121),
        ("gaps", ("areas", 0, "name"), "a\nb"),
        ("gaps", ("areas", 0, "name"), "\ud800"),
        ("gaps", ("areas", 7, "area"), "a001"),
        ("gaps", ("areas",), {}),
        ("load", ("utilisation",), 10**400),
        ("load", ("binding_links", 0, "add_gbps"), []),
        ("availability", ("areas", 1, "hours_lost_year"), 9_000),
        ("upgrade", ("install", 0, "new_link"), 1),
        ("fail", ("cut_off", 0, "broken"), ["x"] * 51),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(kind: str, path: tuple[Any, ...], value: Any) -> None:
    whole = told(kind)
    part: Any = whole
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    where = _wrong("lines-bad-value", json.dumps(whole).encode())
    assert where == "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path).lstrip(".")


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_that_pages_show_may_be_missing(kind: str) -> None:
    from daremo.web.apps.lines.reading import SHAPES

    for name, shape in SHAPES[kind].fields.items():
        if not getattr(shape, "optional", False):
            value = told(kind)
            del value[name]
            assert _wrong("lines-bad-value" if _marked(value) else "lines-unknown", json.dumps(value).encode()) in (
                name,
                "",
            )


def _marked(value: dict[str, Any]) -> bool:
    from daremo.web.apps.lines.reading import MARKS

    return any(mark in value for mark in MARKS.values())


def test_values_that_contradict_each_other_are_refused() -> None:
    assert _wrong("lines-crossed", content("upgrade", bound=1e12)) == "bound > cost"
    assert _wrong("lines-crossed", content("load", bound=0.9)) == "bound > utilisation"
    value = told("availability")
    value["areas"][2]["low"], value["areas"][2]["availability"] = 0.9, 0.8
    assert _wrong("lines-crossed", json.dumps(value).encode()) == "areas[2].low > availability"


def test_a_share_is_never_rounded_up_to_all() -> None:
    from daremo.web.apps.lines.shown import share

    assert share(0.99996, 2) == "99.99%超" and share(1.0, 2) == "100.00%" and share(0.9999) == "99%超"
    assert all(math.isclose(float(share(x, 2).strip("%")), 100 * x, abs_tol=0.006) for x in (0.0, 0.1, 0.5, 0.9985))
