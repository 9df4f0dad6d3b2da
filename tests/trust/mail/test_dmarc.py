"""DMARC: records read, the organisation found by walking up, alignment."""

from __future__ import annotations

import pytest

from daremo.trust.mail.answers import Answers
from daremo.trust.mail.dmarc import aligned, evaluate, is_suffix, organisation, read_record, walk

ZONE = {
    "_dmarc.example.jp": {
        "TXT": ["v=DMARC1; p=reject; sp=quarantine; np=reject; rua=mailto:a@example.jp,mailto:b@x.jp!10m"]
    },
    "_dmarc.own.example.jp": {"TXT": ["v=DMARC1; p=none; psd=n"]},
    "_dmarc.gov.test": {"TXT": ["v=DMARC1; p=reject; psd=y"]},
    "_dmarc.lg.jp": {"TXT": ["v=DMARC1; p=none"]},
    "news.example.jp": {"A": ["192.0.2.1"]},
}
DNS = Answers.of(ZONE)


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("example.jp", "example.jp"),
        ("a.b.example.jp", "example.jp"),
        ("x.own.example.jp", "own.example.jp"),
        ("mail.town.gov.test", "town.gov.test"),
        ("city.lg.jp", "city.lg.jp"),
        ("nothing.test", "nothing.test"),
    ],
)
def test_the_organisation_is_found_by_walking_up(name: str, owner: str):
    assert organisation(name, DNS) == owner


def test_a_walk_asks_at_most_eight_times_however_long_the_name():
    asked: list[str] = []

    def dns(name: str, kind: str) -> tuple[str, ...]:
        asked.append(name)
        return ()

    walk("a.b.c.d.e.f.g.h.i.j.mail.example.com", dns)
    assert asked[0] == "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com" and len(asked) == 8
    assert asked[1] == "_dmarc.g.h.i.j.mail.example.com" and asked[-1] == "_dmarc.com"


def test_names_of_prefectures_and_kinds_belong_to_nobody():
    for name in ("jp", "lg.jp", "kagawa.jp", "takamatsu.kagawa.jp", "co.uk"):
        assert is_suffix(name)
    for name in ("city.takamatsu.kagawa.jp", "pref.kagawa.jp", "takamatsu.lg.jp", "example.jp", "metro.tokyo.jp"):
        assert not is_suffix(name)


@pytest.mark.parametrize(
    ("text", "policy", "testing"),
    [
        ("v=DMARC1; p=reject", "reject", False),
        ("v=DMARC1;p=Quarantine;t=y", "quarantine", True),
        ("v=DMARC1; p=reject; pct=0", "reject", True),
        ("v=DMARC1; rua=mailto:a@b.jp", "none", False),
        ("v=DMARC1; p=what; rua=mailto:a@b.jp", "none", False),
        ("v = DMARC1 ; p = none", "none", False),
    ],
)
def test_a_record_is_read_as_written(text: str, policy: str, testing: bool):
    record = read_record(text)
    assert record is not None and (record.policy, record.testing) == (policy, testing)


@pytest.mark.parametrize(
    "text", ["", "v=DMARC2; p=none", "p=none; v=DMARC1", "v=DMARC1", "v=DMARC1; p=what", "v=DMARC1x; p=none"]
)
def test_a_record_that_is_none_is_ignored(text: str):
    assert read_record(text) is None


def test_policies_for_names_below_and_names_that_do_not_exist():
    assert evaluate("example.jp", [], "", DNS).asked == "reject"
    assert evaluate("news.example.jp", [], "", DNS).asked == "quarantine"
    assert evaluate("ghost.example.jp", [], "", DNS).asked == "reject"
    tested = Answers.of({"_dmarc.a.jp": {"TXT": ["v=DMARC1; p=reject; t=y"]}})
    assert evaluate("a.jp", [], "", tested).disposition == "quarantine"


def test_alignment_is_symmetric_and_never_between_strangers():
    names = [
        "example.jp",
        "a.example.jp",
        "b.example.jp",
        "own.example.jp",
        "x.own.example.jp",
        "xample.jp",
        "example.jp.evil.test",
        "city.lg.jp",
        "town.lg.jp",
    ]
    for one in names:
        assert aligned(one, one, True, DNS)
        for two in names:
            assert aligned(one, two, False, DNS) == aligned(two, one, False, DNS)
    assert aligned("a.example.jp", "b.example.jp", False, DNS) and not aligned(
        "a.example.jp", "b.example.jp", True, DNS
    )
    assert not aligned("own.example.jp", "example.jp", False, DNS) and not aligned(
        "city.lg.jp", "town.lg.jp", False, DNS
    )
    assert not aligned("example.jp", "", False, DNS)


def test_unknown_answers_are_never_a_failure():
    assert evaluate("example.jp", [], "", Answers.none()).result == "temperror"
    assert evaluate("example.jp", ["example.jp"], "", Answers.none()).result == "pass"
    assert evaluate("a.example.jp", ["example.jp"], "", Answers.none()).result == "temperror"
