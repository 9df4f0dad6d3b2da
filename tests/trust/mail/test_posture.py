"""The posture of a domain and the next safe step."""

from __future__ import annotations

import json

import pytest

from daremo.kernel.tables import rows_of
from daremo.trust.credentials.times import stamp
from daremo.trust.mail.answers import Answers, BadRecords, NotAnswered, read_records
from daremo.trust.mail.reports import read_report, summarise
from daremo.trust.posture.assess import assess
from daremo.trust.posture.spf_tree import spf_tree
from tests.trust.mail.aggregate import BULK, FORGED, GOOD, report
from tests.trust.mail.letters import NOW, RSA, SMALL, key_text

CITY = "city.example.jp"
FULL = {
    CITY: {"TXT": ["v=spf1 mx ip4:192.0.2.0/24 -all"], "MX": ["10 mx1.city.example.jp"], "CAA": ['0 issue "ca.example"'], "DS": ["1 13 2 AA"]},
    f"_dmarc.{CITY}": {"TXT": [f"v=DMARC1; p=reject; rua=mailto:d@{CITY}"]},
    f"k1._domainkey.{CITY}": {"TXT": [key_text(RSA)]},
    f"_mta-sts.{CITY}": {"TXT": ["v=STSv1; id=20260101"]},
    f"_smtp._tls.{CITY}": {"TXT": [f"v=TLSRPTv1; rua=mailto:t@{CITY}"]},
    f"default._bimi.{CITY}": {"TXT": ["v=BIMI1; l=https://city.example.jp/logo.svg; a=https://city.example.jp/vmc.pem"]},
}  # fmt: skip
FILES = {
    f"https://mta-sts.{CITY}/.well-known/mta-sts.txt": "version: STSv1\r\nmode: enforce\r\nmx: *.city.example.jp\r\nmax_age: 604800\r\n",
    f"https://{CITY}/.well-known/security.txt": f"Contact: mailto:sec@city.example.jp\nExpires: {stamp(NOW + 9e6)}\n",
}
CLEAN = summarise(CITY, [read_report(report(d, GOOD, FORGED)) for d in range(15)])
LOSS = summarise(CITY, [read_report(report(d, GOOD, BULK)) for d in range(15)])


def _dns(changes: dict[str, dict[str, list[str]] | None] | None = None, files: dict[str, str] | None = None) -> Answers:
    zone = {k: v for k, v in {**FULL, **(changes or {})}.items() if v is not None}
    return Answers(Answers.of(zone).records, FILES if files is None else files)


def _dmarc(text: str) -> Answers:
    return _dns({f"_dmarc.{CITY}": {"TXT": [text]}})


def test_a_domain_with_everything_has_nothing_left_to_do():
    found = assess(CITY, _dns(), NOW)
    assert {f.state for f in found.findings} == {"good"} and len(found.findings) == 9
    assert (found.step, found.policy, found.enforced, len(found.todo())) == ("keep", "reject", True, 1)


def test_the_ladder_to_reject_goes_up_only_with_reports_that_show_no_loss():
    none, some = f"v=DMARC1; p=none; rua=mailto:d@{CITY}", f"v=DMARC1; p=quarantine; rua=mailto:d@{CITY}"
    steps = [
        (_dns({f"_dmarc.{CITY}": None}), CLEAN, "publish-none"),
        (_dmarc("v=DMARC1; p=none"), CLEAN, "ask-reports"),
        (_dmarc(none), None, "wait-reports"),
        (_dmarc(none), LOSS, "repair-senders"),
        (_dmarc(none), CLEAN, "go-quarantine"),
        (_dmarc(some + "; t=y"), CLEAN, "finish-quarantine"),
        (_dmarc(some + "; pct=20"), CLEAN, "finish-quarantine"),
        (_dmarc(some), LOSS, "repair-senders"),
        (_dmarc(some), CLEAN, "go-reject"),
        (_dmarc("v=DMARC1; p=reject; sp=none; rua=mailto:d@city.example.jp"), CLEAN, "cover-subdomains"),
        (_dmarc("v=DMARC1; p=nonsense"), CLEAN, "fix-dmarc"),
    ]
    for dns, reports, expected in steps:
        found = assess(CITY, dns, NOW, reports=reports)
        assert found.step == expected, (expected, found.step)
        for lang in ("ja", "en"):
            text = found.next_step(lang)
            assert text and "RECORD" not in text and "DOMAIN" not in text and "LOST" not in text
    assert "600" in assess(CITY, _dmarc(none), NOW, reports=LOSS).next_step("ja")


def test_no_step_ever_enforces_while_reports_show_a_loss_or_are_few():
    few = summarise(CITY, [read_report(report(0, GOOD))])
    for policy in ("none", "quarantine"):
        for extra in ("", "; t=y", "; pct=10"):
            for reports in (None, LOSS, few):
                dns = _dmarc(f"v=DMARC1; p={policy}; rua=mailto:d@{CITY}{extra}")
                assert "p=" not in assess(CITY, dns, NOW, reports=reports).record


def test_a_domain_that_sends_no_mail_can_reject_at_once():
    for zone in ({CITY: {"TXT": ["v=spf1 -all"]}}, {CITY: {"MX": ["0 ."], "TXT": []}}):
        found = assess(CITY, Answers.of(zone), NOW)
        assert (found.step, found.record) == ("publish-parked", "v=DMARC1; p=reject")
        assert not {f.topic for f in found.findings} & {"dkim", "mta-sts", "bimi"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({CITY: {"TXT": []}}, "spf-none"),
        ({CITY: {"TXT": ["v=spf1 -all", "v=spf1 +all"], "MX": ["1 a.jp"]}}, "spf-many"),
        ({CITY: {"TXT": ["v=spf1 mx +all"]}}, "spf-everybody"),
        ({CITY: {"TXT": ["v=spf1 ip4:0.0.0.0/0 -all"]}}, "spf-everybody"),
        ({CITY: {"TXT": ["v=spf1 mx"]}}, "spf-open-ended"),
        ({CITY: {"TXT": ["v=spf1 mx ~all"]}}, "spf-soft"),
        ({CITY: {"TXT": ["v=spf1 ptr -all"]}}, "spf-ptr"),
        ({CITY: {"TXT": ["v=spf1 ip4:999 -all"]}}, "spf-broken"),
        ({CITY: {"TXT": ["v=spf1 include:gone.example -all"]}}, "spf-include-missing"),
        ({CITY: {"TXT": [f"v=spf1 include:{CITY} -all"]}}, "spf-circle"),
        ({CITY: {"TXT": ["v=spf1 " + "a " * 11 + "-all"]}}, "spf-too-many-lookups"),
        ({f"k1._domainkey.{CITY}": {"TXT": [key_text(SMALL)]}}, "dkim-short"),
        ({f"k1._domainkey.{CITY}": {"TXT": ["v=DKIM1; p="]}}, "dkim-revoked"),
        ({f"k1._domainkey.{CITY}": {"TXT": ["v=DKIM1; p=AAAA"]}}, "dkim-broken"),
        ({f"k1._domainkey.{CITY}": {"TXT": [key_text(RSA) + "; t=y"]}}, "dkim-testing"),
        ({f"k1._domainkey.{CITY}": None}, "dkim-no-selector"),
        ({f"_dmarc.{CITY}": {"TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}}, "dmarc-many"),
        ({f"_dmarc.{CITY}": {"TXT": ["v=DMARC1; p=reject; rua=mailto:x@elsewhere.example"]}}, "dmarc-reports-refused"),
        ({f"_mta-sts.{CITY}": None}, "sts-none"),
        ({f"_mta-sts.{CITY}": {"TXT": ["v=STSv1"]}}, "sts-broken"),
        ({CITY: {**FULL[CITY], "MX": ["10 mx.other.example"]}}, "sts-missing-mx"),
        ({f"_smtp._tls.{CITY}": {"TXT": ["v=TLSRPTv1; rua=nobody"]}}, "tls-rpt-broken"),
        ({f"_dmarc.{CITY}": {"TXT": ["v=DMARC1; p=none; rua=mailto:d@city.example.jp"]}}, "bimi-without-dmarc"),
        ({CITY: {**FULL[CITY], "CAA": []}}, "caa-none"),
        ({CITY: {**FULL[CITY], "DS": []}}, "dnssec-none"),
    ],
)
def test_every_weakness_is_found_and_said(changes: dict[str, dict[str, list[str]] | None], code: str):
    found = assess(CITY, _dns(changes), NOW)
    seen = [f for f in found.findings if f.code == code]
    assert seen and seen[0].state != "good"
    assert all("DETAIL" not in found.said(f, lang) for f in found.findings for lang in ("ja", "en"))


def test_files_are_judged_by_their_dates_and_modes():
    address, policy = f"https://{CITY}/.well-known/security.txt", f"https://mta-sts.{CITY}/.well-known/mta-sts.txt"
    for files, code in (
        ({**FILES, address: f"Contact: mailto:a@b.jp\nExpires: {stamp(NOW - 9)}"}, "security-txt-expired"),
        ({**FILES, address: f"Contact: mailto:a@b.jp\nExpires: {stamp(NOW + 9e7)}"}, "security-txt-too-long"),
        ({**FILES, address: "hello"}, "security-txt-broken"),
        ({policy: FILES[policy]}, "security-txt-none"),
        ({**FILES, policy: FILES[policy].replace("enforce", "testing")}, "sts-testing"),
        ({address: FILES[address]}, "sts-no-policy"),
    ):
        assert code in {f.code for f in assess(CITY, _dns(files=files), NOW).findings}


def test_lookups_of_spf_are_counted_through_everything_it_draws_in():
    zone = {
        "a.jp": {"TXT": ["v=spf1 include:b.jp a mx redirect=c.jp"]},
        "b.jp": {"TXT": ["v=spf1 exists:x.jp ptr ~all"]},
        "c.jp": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    }
    tree = spf_tree("a.jp", Answers.of(zone))
    assert tree is not None and tree.lookups == 6 and tree.ending == "-" and tree.services == ("b.jp", "c.jp")


def test_missing_answers_are_unknown_and_never_good():
    found = assess(CITY, Answers.none(), NOW)
    assert {f.state for f in found.findings} == {"unknown"} and found.step == "answers-needed"


def test_records_are_read_alike_from_json_and_from_lines_of_a_zone():
    lines = (
        '; remark\ncity.example.jp. 300 IN TXT "v=spf1 mx " "-all" ; end\n           IN MX 10 mx.city.example.jp.\n'
        'slow.example.jp TXT TIMEOUT\nq.example.jp TXT "a\\"b;c\\092d"\n'
    )
    zone = read_records(lines)
    data = {
        "records": {
            "City.example.jp": {"TXT": [["v=spf1 mx ", "-all"]], "MX": "10 mx.city.example.jp."},
            "slow.example.jp": {"TXT": "TIMEOUT"},
            "q.example.jp": {"TXT": ['a"b;c\\d']},
        },
        "files": {"https://x.jp/a": "b"},
    }
    same = read_records(json.dumps(data))
    assert zone.records == same.records and same.files == {"https://x.jp/a": "b"}
    with pytest.raises(NotAnswered):
        zone("slow.example.jp", "TXT")
    assert zone("none.example.jp", "TXT") == ()
    with pytest.raises(NotAnswered):
        read_records('{"complete": false, "records": {}}')("none.example.jp", "TXT")
    for bad, at in (
        ("one two\n", 1),
        ("a.jp TXT x\nb.jp NOSUCH y", 2),
        ('{"records": 5}', 0),
        ('{"a.jp": 1}', 0),
        ("{", 1),
    ):
        with pytest.raises(BadRecords) as e:
            read_records(bad)
        assert e.value.line == at


def test_aliases_are_followed_but_not_in_circles():
    dns = Answers.of(
        {"a.jp": {"CNAME": ["b.jp"]}, "b.jp": {"TXT": ["x"]}, "c.jp": {"CNAME": ["d.jp"]}, "d.jp": {"CNAME": ["c.jp"]}}
    )
    assert dns("a.jp", "TXT") == ("x",)
    with pytest.raises(NotAnswered):
        dns("c.jp", "TXT")


def test_every_word_of_mail_and_posture_is_there_in_both_languages():
    for package in ("daremo.trust.mail", "daremo.trust.credentials"):
        assert all(r["code"] and r["ja"] and r["en"] for r in rows_of(package, "words"))
    for r in rows_of("daremo.trust.posture", "words"):
        assert (r["ja"] and r["en"]) or (r["todo_ja"] and r["todo_en"]), r["code"]
        assert bool(r["todo_ja"]) == bool(r["todo_en"])
