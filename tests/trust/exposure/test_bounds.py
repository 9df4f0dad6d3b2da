"""Files from strangers: bombs, depth, size, broken and mutated files are refused in words, never with a crash."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile

import pytest

from daremo.kernel.errors import InputError
from daremo.trust.exposure import bounded
from daremo.trust.exposure.advisories import read_advisories
from daremo.trust.exposure.assets import read_assets
from daremo.trust.exposure.cvss import base_score
from daremo.trust.exposure.graph import read_graph
from daremo.trust.exposure.sample import sample_files
from daremo.trust.exposure.survey import read_all_advisories, read_all_assets

LAUGHS = (
    b"""<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY a "ha">%s]><bom xmlns="http://cyclonedx.org/schema/bom/1.6">&i;</bom>"""
    % b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(8))
)
XML = """<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><component><name>portal</name></component></metadata>
<components><component><name>forms</name><version>1.0</version><purl>pkg:pypi/forms@1.0</purl></component></components></bom>"""


def code(call: object, *arguments: object) -> str:
    with pytest.raises(InputError) as e:
        list(call(*arguments) or ())  # type: ignore[operator]
    return e.value.problems[0].code


def test_a_billion_laughs_is_refused_before_it_is_told():
    assert code(read_assets, LAUGHS, "bom.xml") == "exposure-xml"
    outside = b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><bom>&x;</bom>'
    assert code(read_assets, outside, "bom.xml") == "exposure-xml"


def test_deep_and_wide_files_are_refused(monkeypatch: pytest.MonkeyPatch):
    assert code(bounded.read_json, b"[" * 200_000, "a.json") == "exposure-too-large"
    assert code(bounded.read_json, b'{"a":' * 70 + b"1" + b"}" * 70, "a.json") == "exposure-too-large"
    assert code(bounded.read_xml, b"<a>" * 100_000, "a.xml") == "exposure-too-large"
    monkeypatch.setattr(bounded, "MOST_VALUES", 1000)
    monkeypatch.setattr(bounded, "MOST_BYTES", 10_000)
    assert code(bounded.read_json, b"[" + b"1," * 2000 + b"1]", "a.json") == "exposure-too-large"
    assert code(bounded.read_json, b" " * 10_001, "a.json") == "exposure-too-large"
    assert code(bounded.read_xml, b" " * 10_001, "a.xml") == "exposure-too-large"


def test_brackets_inside_text_are_not_depth():
    assert bounded.read_json(b'{"a": "' + b"[{" * 500 + b'", "b\\"[": 1}', "a.json")['b"['] == 1


def test_a_text_without_an_end_is_looked_at_once():
    # looked at once for each letter, these would take hours
    assert code(bounded.read_json, b'["' + b'\\"' * 2_000_000, "a.json") == "exposure-not-json"
    assert code(bounded.read_json, b'["' + b"\\" * 4_000_001, "a.json") == "exposure-not-json"


def test_a_bomb_in_an_archive_stops_at_the_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bounded, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(bounded, "MOST_UNPACKED", 2_000_000)
    assert code(bounded.unpacked, gzip.compress(b"\0" * 5_000_000), "a.json.gz") == "exposure-archive"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as z:
        for n in range(4):
            z.writestr(f"{n}.json", b" " * 900_000)
    assert len(held.getvalue()) < 10_000
    assert code(bounded.unpacked, held.getvalue(), "a.zip") == "exposure-archive"
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as z:
        z.writestr("inner.zip", held.getvalue())
    assert code(bounded.unpacked, nested.getvalue(), "a.zip") == "exposure-archive"
    assert code(bounded.unpacked, held.getvalue()[:400], "a.zip") == "exposure-archive"
    assert code(bounded.unpacked, gzip.compress(b"[]" * 999)[:20], "a.gz") == "exposure-archive"


def test_a_packed_advisory_is_read_like_a_plain_one():
    data = sample_files()["advisories/sample-2026-0001.json"].encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as z:
        z.writestr("all/one.json", data)
    plain, _, _ = read_all_advisories([("a.json", data)])
    for name, packed in (("a.gz", gzip.compress(data)), ("a.zip", held.getvalue())):
        found, _, problems = read_all_advisories([(name, packed)])
        assert problems == () and [a.affected for a in found] == [a.affected for a in plain]


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', '{"a": NaN}', "{", "nonsense", '{"a": Infinity}', "\ud800", '{"a": 1' + "0" * 5000 + "}"],
)
def test_what_is_no_clean_json_is_refused(text: str):
    assert code(bounded.read_json, text.encode("utf-8", "surrogatepass"), "a.json") == "exposure-not-json"


@pytest.mark.parametrize(
    "value",
    [
        [1],
        "text",
        {"id": 3},
        {"document": {"csaf_version": "2.0"}},
        {"document": {"csaf_version": "2.0", "tracking": {"id": "x"}}},
    ],
)
def test_what_is_no_advisory_is_refused(value: object):
    assert code(read_advisories, json.dumps(value).encode(), "a.json") == "exposure-not-advisory"


def test_an_advisory_that_cannot_be_read_is_told_and_the_others_are_used():
    good = sample_files()["advisories/sample-2026-0001.json"].encode()
    found, _, problems = read_all_advisories([("good.json", good), ("bad.json", b"{")])
    assert len(found) == 1 and [p.file for p in problems] == ["bad.json"]


def test_one_bad_asset_file_stops_everything():
    with pytest.raises(InputError) as e:
        read_all_assets(
            [("a.csv", sample_files()["assets/inventory.csv"].encode()), ("b.json", b"{}"), ("c.xml", LAUGHS)]
        )
    assert {p.file for p in e.value.problems} == {"b.json", "c.xml"}


def test_every_bad_row_of_an_inventory_is_named():
    text = "asset,product,version,purl,exposed\nA,x,1,,yes\n,x,1,,no\nB,,,,no\nC,x,1,,perhaps\nD,,,pkg:bad,no\n"
    with pytest.raises(InputError) as e:
        read_assets(text.encode(), "a.csv")
    assert [(p.row, p.column) for p in e.value.problems] == [(3, "asset"), (4, "name"), (5, "exposed"), (6, "purl")]


def test_an_inventory_from_a_japanese_excel_is_read():
    found = read_assets("資産,製品,版,外から届く\n水道,制御装置,１.2,はい\n".encode("cp932"), "a.csv")
    assert [(c.asset, c.name, c.exposed) for c in found] == [("水道", "制御装置", True)]


def test_sboms_of_three_kinds_tell_the_same_component():
    cyclone = {
        "bomFormat": "CycloneDX",
        "metadata": {"component": {"name": "portal"}},
        "components": [{"name": "forms", "version": "1.0", "purl": "pkg:pypi/forms@1.0"}],
    }
    spdx = {
        "spdxVersion": "SPDX-2.3",
        "name": "portal",
        "packages": [
            {
                "name": "forms",
                "versionInfo": "1.0",
                "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/forms@1.0"}],
            }
        ],
    }
    told = [
        read_assets(json.dumps(cyclone).encode(), "a"),
        read_assets(json.dumps(spdx).encode(), "b"),
        read_assets(XML.encode(), "c"),
    ]
    forms = [[c for c in found if c.name == "forms"] for found in told]
    assert forms[0] == forms[1] == forms[2] and forms[0][0].asset == "portal" and forms[0][0].type == "pypi"


def test_mutated_files_never_crash():
    chance = random.Random(11)
    readers = {
        "assets": read_assets,
        "advisories": read_advisories,
        "services": lambda d, f: read_graph(d, f, {"all": 1.0}),
    }
    junk = [b"null", b"[]", b"{}", b'"x"', b"-1", b"true", b"1e9", b"\x00", b"|", b"(", b","]
    refused = 0
    for name, text in sample_files().items():
        read = readers[name.split("/")[0].split(".")[0]]
        for _ in range(60):
            data = bytearray(text.encode())
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(data))
                data[at : at + chance.randrange(0, 12)] = chance.choice(junk)
            try:
                read(bytes(data), name)
            except InputError:
                refused += 1
    assert refused > 50


def test_values_of_wrong_kinds_never_crash():
    chance = random.Random(12)
    odd = [None, [], {}, "x", -1, True, 1.5, [[]], {"x": {}}, [None, {}]]

    def change(value: object) -> object:
        if chance.random() < 0.06:
            return chance.choice(odd)
        if isinstance(value, dict):
            return {k: change(v) for k, v in value.items()}
        return [change(v) for v in value] if isinstance(value, list) else value

    for name, text in sample_files().items():
        if name.endswith(".json"):
            read = read_assets if name.startswith("assets") else read_advisories
            for _ in range(150):
                try:
                    read(json.dumps(change(json.loads(text))).encode(), name)
                except InputError:
                    continue


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N", 5.9),
        ("AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", 0.0),
    ],
)
def test_base_scores_are_those_published_for_their_vectors(vector: str, score: float):
    assert base_score("CVSS:3.1/" + vector) == score


def test_what_is_no_cvss_3_vector_has_no_score():
    for text in ("", "9.8", "CVSS:4.0/AV:N", "CVSS:3.1/AV:X/AC:L", "CVSS:3.1/" + "AV:N"):
        assert base_score(text) is None
