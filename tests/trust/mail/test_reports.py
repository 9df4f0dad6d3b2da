"""Reports of who sends in a domain's name: read safely, summed up, what would be lost."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from daremo.trust.mail import reports as reports_module
from daremo.trust.mail.reports import BadReport, read_report, summarise, unpacked
from tests.trust.mail.aggregate import BULK, FORGED, GOOD, LIST, OWN, line, report

CITY = "city.example.jp"


def _zip(*texts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for n, text in enumerate(texts):
            z.writestr(f"r{n}.xml", text)
    return out.getvalue()


def test_the_three_packings_and_the_new_namespace_give_the_same_report():
    plain = report(0, GOOD, FORGED)
    same = [unpacked(plain), unpacked(gzip.compress(plain)), unpacked(_zip(plain))]
    assert same[0] == same[1] == same[2]
    spaced = read_report(report(0, GOOD, FORGED, ns=' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"'))
    read = read_report(plain)
    assert spaced == read and read.domain == CITY and [r.count for r in read.rows] == [100, 500]
    assert read.rows[0].dkim == ((CITY, "pass"),) and read.policy == "none"


def test_every_sender_falls_into_its_kind_and_messages_add_up():
    found = summarise(CITY, [read_report(report(d, GOOD, BULK, OWN, LIST, FORGED)) for d in range(15)])
    kinds = {s.kind: s for s in found.sources}
    assert {k: s.messages for k, s in kinds.items()} == {
        "ok": 1500, "ask": 600, "own-broken": 180, "forwarded": 90, "forged": 7500,
    }  # fmt: skip
    assert kinds["ask"].name == "example.com" and kinds["own-broken"].name == "192.0.2.9"
    assert (found.own, found.lost, found.messages) == (2280, 780, 9870)
    assert not found.safe and found.reasons == ("own-lost",)


def test_tightening_is_safe_only_after_two_weeks_without_loss():
    clean = [read_report(report(d, GOOD, FORGED)) for d in range(15)]
    assert summarise(CITY, clean).safe
    assert summarise(CITY, clean[:10]).reasons == ("few-days",)
    assert summarise(CITY, [read_report(report(d, FORGED)) for d in range(15)]).reasons == ("no-mail",)
    assert summarise(CITY, []).reasons == ("few-days", "no-mail")


def test_a_service_named_as_own_is_repaired_not_asked_about():
    read = [read_report(report(0, GOOD, BULK, FORGED))]
    assert {s.kind for s in summarise(CITY, read).sources} == {"ok", "forged"}  # one day: a stranger
    assert summarise(CITY, read, own_services=["example.com"]).lost == 40
    assert summarise(CITY, read, own_ips=["203.0.113.0/24"]).lost == 500


def test_a_report_that_came_twice_or_is_about_others_counts_once_or_never():
    one = read_report(report(0, GOOD))
    other = read_report(report(0, GOOD, domain="other.example.jp"))
    below = read_report(report(1, GOOD, domain="news.city.example.jp"))
    found = summarise(CITY, [one, one, other, below])
    assert found.reports == 2 and found.messages == 200


def test_bombs_and_huge_files_are_refused_by_name():
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><feedback>&b;</feedback>'
    outside = b'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback>&x;</feedback>'
    for xml in (laughs, outside):
        with pytest.raises(BadReport) as e:
            read_report(xml)
        assert e.value.code == "report-unsafe"
    for packed in (
        gzip.compress(bytes(60_000_000)),
        _zip(bytes(60_000_000)),
        _zip(bytes(30_000_000), bytes(30_000_000)),
        _zip(*[b"x"] * 11),
        bytes(21_000_000),
    ):
        with pytest.raises(BadReport) as e:
            unpacked(packed)
        assert e.value.code == "report-too-large"
    for broken in (gzip.compress(report(0))[:40] + b"junk", b"PK\x03\x04 no zip"):
        with pytest.raises(BadReport):
            read_report(unpacked(broken)[0])


@pytest.mark.parametrize(
    "xml",
    [
        b"", b"<feedback/>", b"<a>" * 50, b"<a>" * 30 + b"</a>" * 30, report(0, line("not an address", 1)),
        report(0, line("192.0.2.1", -1)), report(0).replace(b"<begin>", b"<begin>x"), b"\xff\xfe\x00",
        report(0).replace(b"UTF-8", b"no-such-code"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(xml: bytes):
    with pytest.raises(BadReport):
        read_report(xml)


def test_a_report_with_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reports_module, "MOST_ROWS", 3)
    assert len(read_report(report(0, *[GOOD] * 3)).rows) == 3
    with pytest.raises(BadReport, match="too-large"):
        read_report(report(0, *[GOOD] * 4))
