"""Matching on a labelled set, on odd versions, and under any order of rows."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from univers.version_range import VersionRange
from univers.versions import PypiVersion, SemverVersion

from daremo.trust.exposure.advisories import read_advisories
from daremo.trust.exposure.assets import read_assets
from daremo.trust.exposure.match import match
from daremo.trust.exposure.model import Affected, Component, Interval, plain_vendor
from daremo.trust.exposure.purls import from_purl
from daremo.trust.exposure.survey import read_all_advisories
from daremo.trust.exposure.versions import Incomparable, before, from_vers, held, inside
from tests.trust.exposure.labelled import LADDERS, Case, cases, files


def component(c: Case) -> Component:
    read = from_purl(c.purl) if c.purl else None
    asset = f"{c.name}@{c.version}"
    if read is None:
        return Component(asset, "", "generic", "", c.name, c.version)
    return Component(asset, "", read[0], read[1], read[2], read[3], read[4], read[5])


def test_recall_is_one_and_certain_answers_are_right_on_the_labelled_set(record_property: pytest.TestReport):
    made = cases(seed=7, a_kind=12)
    advisories, _, problems = read_all_advisories(files(made))
    assert problems == () and len(advisories) == len({c.name for c in made})
    found = {(f.component.asset, f.state) for f in match([component(c) for c in made], advisories)}
    flagged = {asset for asset, _ in found}
    certain = {asset for asset, state in found if state == "affected"}
    true = {f"{c.name}@{c.version}" for c in made if c.truth}
    recall, precision = len(true & flagged) / len(true), len(true & flagged) / len(flagged)
    record_property("recall", recall)  # type: ignore[operator]
    record_property("precision", precision)  # type: ignore[operator]
    print(f"{len(made):,} pairs, {len(true):,} affected: recall {recall:.4f}, precision {precision:.4f}")
    assert recall == 1.0
    assert sorted(true - flagged) == [] and certain <= true
    assert precision >= 0.99


def test_what_cannot_be_compared_is_never_dropped():
    made = [c for c in cases(seed=3, a_kind=4) if c.truth]
    advisories, _, _ = read_all_advisories(files(made))
    chance = random.Random(1)
    odd = []
    for c in made:
        whole = component(c)
        version = chance.choice(["", "unknown", "?", "git-3f2a", "N/A"])
        odd.append(Component(whole.asset, "", whole.type, whole.namespace, whole.name, version, (), whole.distro))
    found = {f.component.asset: f.state for f in match(odd, advisories)}
    assert {c.asset for c in odd} == set(found) and set(found.values()) <= {"possible", "affected"}


@pytest.mark.parametrize("kind", sorted(LADDERS))
def test_every_ladder_is_in_its_order(kind: str):
    ladder = LADDERS[kind].split()
    for (i, a), (j, b) in itertools.product(enumerate(ladder), repeat=2):
        assert before(kind, a, b) == (i < j), (a, b)


def test_ranges_are_read_as_univers_reads_them():
    chance = random.Random(5)
    for kind, make in (("pypi", PypiVersion), ("npm", SemverVersion)):
        plain = [v for v in LADDERS[kind].split() if "!" not in v]
        for _ in range(60):
            picked = sorted(chance.sample(range(len(plain)), 2))
            text = f"vers:{kind}/>={plain[picked[0]]}|<{plain[picked[1]]}"
            _, intervals, exact, excluded, every = from_vers(text)
            theirs = VersionRange.from_string(text)
            for v in plain:
                mine = held(kind, v, Affected(kind, "", "x", "", "", exact, intervals, excluded, every))
                assert (mine == "yes") == (make(v) in theirs), (text, v)


def test_excluded_versions_and_open_ends_count():
    _, intervals, exact, excluded, every = from_vers("vers:generic/>=1.0|!=1.5|<2.0|=3.1")
    a = Affected("", "", "x", "", "", exact, intervals, excluded, every)
    told = {v: held("generic", v, a) for v in ("0.9", "1.0", "1.5", "1.9", "2.0", "3.1", "3.2")}
    assert told == {"0.9": "no", "1.0": "yes", "1.5": "no", "1.9": "yes", "2.0": "no", "3.1": "yes", "3.2": "no"}
    assert inside("generic", "9", Interval("1", None)) and not inside("generic", "1", Interval("1", None, False))
    for bad in ("", ">= ", "all versions before the fix", "vers:pypi/>=not a version|<1"):
        with pytest.raises(Incomparable):
            from_vers(bad)


def osv(events: list[dict[str, str]], system: str = "PyPI", name: str = "x", **more: object) -> bytes:
    entry = {"package": {"ecosystem": system, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return json.dumps({"id": "T-1", "affected": [entry], **more}).encode()


def states(data: bytes, *components: Component) -> list[str]:
    advisories, _ = read_advisories(data, "a.json")
    told = {f.component: f.state for f in match(components, advisories)}
    return [told.get(c, "") for c in components]


def pypi(version: str, name: str = "x") -> Component:
    return Component(version, "", "pypi", "", name, version)


def test_a_range_that_opens_again_is_read():
    data = osv([{"introduced": "0"}, {"fixed": "1.1"}, {"introduced": "2.0"}, {"fixed": "2.5"}])
    assert states(data, *map(pypi, ("1.0", "1.1", "1.9", "2.0", "2.4", "2.5"))) == [
        "affected",
        "",
        "",
        "affected",
        "affected",
        "",
    ]


def test_another_package_or_distribution_is_not_taken_for_it():
    assert states(osv([{"introduced": "0"}]), pypi("1.0", "y")) == [""]
    data = osv([{"introduced": "0"}, {"fixed": "1.0-2"}], "Debian:11")
    here = Component("a", "", "deb", "debian", "x", "1.0-1", (), "debian-11")
    other = Component("b", "", "deb", "debian", "x", "1.0-1", (), "debian-12")
    ubuntu = Component("c", "", "deb", "ubuntu", "x", "1.0-1", (), "ubuntu-22.04")
    unsaid = Component("d", "", "deb", "debian", "x", "1.0-1")
    source = Component("e", "", "deb", "debian", "libx1", "1.0-1", ("x",), "debian-11")
    assert states(data, here, other, ubuntu, unsaid, source) == ["affected", "", "", "possible", "affected"]


def test_a_withdrawn_advisory_is_left_out():
    assert states(osv([{"introduced": "0"}], withdrawn="2026-01-02T00:00:00Z"), pypi("1.0")) == [""]


def csaf(status: dict[str, list[str]], *leaves: tuple[str, str, str], vendor: str = "Firm Inc.") -> bytes:
    branches = [{"category": c, "name": n, "product": {"product_id": i, "name": n}} for c, n, i in leaves]
    tree = {
        "branches": [
            {
                "category": "vendor",
                "name": vendor,
                "branches": [{"category": "product_name", "name": "Gate", "branches": branches}],
            }
        ]
    }
    weak = [{"cve": "CVE-0000-0001", "product_status": status}]
    return json.dumps(
        {"document": {"csaf_version": "2.0", "tracking": {"id": "C"}}, "product_tree": tree, "vulnerabilities": weak}
    ).encode()


def gate(version: str, supplier: str = "Firm") -> Component:
    return Component(version + supplier, "", "generic", "", "gate", version, supplier=supplier)


def test_a_product_named_without_address_is_matched_by_vendor_and_name():
    data = csaf({"known_affected": ["A"]}, ("product_version_range", "<2.0", "A"))
    assert states(data, gate("1.9"), gate("2.0"), gate("1.9", "Other"), gate("1.9", "")) == [
        "affected",
        "",
        "possible",
        "possible",
    ]
    assert plain_vendor("みほん電機株式会社") == plain_vendor("みほん電機") and plain_vendor("Firm, Inc.") == "firm"


def test_a_version_that_the_advisory_clears_is_not_affected():
    leaves = (("product_version_range", "vers:generic/*", "A"), ("product_version", "1.5", "B"))
    data = csaf({"known_affected": ["A"], "known_not_affected": ["B"]}, *leaves)
    assert states(data, gate("1.4"), gate("1.5")) == ["affected", ""]


def test_an_exact_version_that_is_cleared_outweighs_a_range_and_a_listed_one_does_not_yield():
    leaves = (("product_version_range", "<2.0", "A"), ("product_version", "1.5", "B"), ("product_version", "1.6", "C"))
    data = csaf({"known_affected": ["A", "C"], "fixed": ["B", "C"]}, *leaves)
    assert states(data, gate("1.4"), gate("1.5"), gate("1.6")) == ["affected", "", "affected"]


def test_two_weaknesses_of_one_name_are_both_kept():
    value = json.loads(
        csaf({"known_affected": ["A"]}, ("product_version", "1.4", "A"), ("product_version", "1.5", "B"))
    )
    value["vulnerabilities"].append({"cve": "CVE-0000-0001", "product_status": {"known_affected": ["B"]}})
    assert states(json.dumps(value).encode(), gate("1.4"), gate("1.5")) == ["affected", "affected"]
    one = json.loads(osv([{"introduced": "0"}, {"fixed": "1.0"}]))
    two = json.loads(osv([{"introduced": "2.0"}, {"fixed": "3.0"}]))
    assert states(json.dumps([one, two]).encode(), pypi("0.9"), pypi("2.5")) == ["affected", "affected"]


def test_an_inventory_row_with_a_type_is_named_as_advisories_name_it():
    rows = "asset,type,product,version\nA,maven,org.example:core,1.0\nB,PyPI,My_Lib,1.0\nC,ルーター,core,1.0\n"
    a, b, c = read_assets(rows.encode(), "a.csv")
    assert states(osv([{"introduced": "0"}], "Maven", "org.example:core"), a, b, c) == ["affected", "", "possible"]
    assert states(osv([{"introduced": "0"}], "PyPI", "my-lib"), a, b, c) == ["", "affected", ""]


def test_a_range_without_address_is_ordered_by_the_rules_it_names():
    data = csaf({"known_affected": ["A"]}, ("product_version_range", "vers:deb/<1.0-1", "A"))
    assert states(data, gate("1.0~rc1-1"), gate("1.0-1")) == ["affected", ""]


def test_a_range_in_words_and_an_open_inquiry_are_for_a_person_to_look_at():
    data = csaf({"known_affected": ["A"]}, ("product_version_range", "all versions before the fix of May", "A"))
    assert states(data, gate("1.4")) == ["possible"]
    data = csaf({"under_investigation": ["A"]}, ("product_version", "1.4", "A"))
    assert states(data, gate("1.4"), gate("1.5")) == ["possible", ""]


def test_what_lies_between_first_and_last_affected_is_looked_at():
    leaves = (("product_version", "1.2", "A"), ("product_version", "1.8", "B"))
    data = csaf({"first_affected": ["A"], "last_affected": ["B"]}, *leaves)
    assert states(data, *map(gate, ("1.1", "1.2", "1.5", "1.8", "1.9"))) == ["", "affected", "possible", "affected", ""]


def test_findings_are_the_same_for_any_order_of_rows():
    made = cases(seed=2, a_kind=2)
    components = [component(c) for c in made]
    advisories, exploited, _ = read_all_advisories(files(made))
    first = match(components, advisories, exploited)
    chance = random.Random(9)
    for _ in range(3):
        chance.shuffle(components)
        mixed = list(advisories)
        chance.shuffle(mixed)
        assert match(components + components[:5], mixed, exploited) == first
