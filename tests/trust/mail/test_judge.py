"""Messages judged: what is proved, what is refused, what nobody can tell."""

from __future__ import annotations

import base64
from pathlib import Path

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.trust.mail import canonical, dkim
from daremo.trust.mail.answers import Answers
from daremo.trust.mail.judge import Envelope, judge
from daremo.trust.mail.message import BadMessage, split
from daremo.trust.mail.parts import seen
from tests.trust.mail.letters import ED, NOW, RSA, SMALL, key_text, letter, signed

CITY, BULK = "city.example.jp", "bulk.example.com"
ZONE = {
    f"k1._domainkey.{CITY}": {"TXT": [key_text(RSA)]},
    f"k1._domainkey.news.{CITY}": {"TXT": [key_text(RSA)]},
    f"k1._domainkey.{BULK}": {"TXT": [key_text(RSA)]},
    f"_dmarc.{CITY}": {"TXT": ["v=DMARC1; p=reject; rua=mailto:d@city.example.jp"]},
    CITY: {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"], "A": ["192.0.2.1"]},
}
DNS = Answers.of(ZONE)
SAMPLES = Path("/work/shared/data/mail/eml")
#: Published keys of the time (public DNS facts).
GMAIL = "k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAviPGBk4ZB64UfSqWyAicdR7lodhytae+EYRQVtKDhM+1mXjEqRtP/pDT3sBhazkmA48n2k5NJUyMEoO8nc2r6sUA+/Dom5jRBZp6qDKJOwjJ5R/OpHamlRG+YRJQqRtqEgSiJWG7h7efGYWmh4URhFM9k9+rmG/CwCgwx7Et+c8OMlngaLl04/bPmfpjdEyLWyNimk761CX6KymzYiRDNz1MOJOJ7OzFaS4PFbVLn0m5mf0HVNtBpPwWuCNvaFVflUYxEyblbB6h/oWOPGbzoSgtRA47SHV53SwZjIsVpbq4LxUW9IxAEwYzGcSgZ4n5Q8X8TndowsDUzoccPFGhdwIDAQAB"
GOOGLE_ARC = "k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1Lztpxs7yUxQEsbDFhjMc9kZVZu5P/COYEUIX4B39IL4SXAbv4viIlT9E6F6iZmTh1go7+9WQLywwgwjXMJx/Dz0RgMoPeyp5NRy4l320DPYibNqVMWa5iQ2WiImQC0en1O9uhLLvzaSZJ03fvGmCo9jMo0GwKzLNe14xMgn/px2L5N/3IKlKX4bqUAJTUt8L993ZlWzvgMnSFSt8B+euSKSrtAiopdy4r1yO4eN5goBASrGW0eLQc1lYouNvCrcTQpos4/GEAqiGzpqueJLmBfOO4clNvVvpPkvQs2BHw9I9LmIjaMxTNGxkGBRaP3utDiKXXqu1K+LRzl0HCNSdQIDAQAB"


def test_a_message_signed_by_the_senders_domain_is_proved():
    judged = judge(signed(letter(), CITY), DNS, NOW)
    assert (judged.verdict, judged.proved_domain) == ("proved", CITY)
    assert judged.dkim[0].bits == 2048 and judged.dmarc.by == (f"dkim:{CITY}",)
    assert CITY in judged.words("ja")[0] and CITY in judged.words("en")[0]


def test_a_forged_sender_with_a_valid_signature_of_somebody_else_is_never_proved():
    judged = judge(signed(letter(), BULK), DNS, NOW)
    assert judged.dkim[0].result == "pass"
    assert (judged.verdict, judged.proved_domain) == ("refused", "")
    assert "other-signer" in judged.reasons and any(BULK in w for w in judged.words("en"))


@pytest.mark.parametrize(
    "forged", ["city.example.jp.evil.example", "evilcity.example.jp", "xn--city-example.jp", "example.jp"]
)
def test_a_signature_of_a_name_that_only_resembles_the_senders_proves_nothing(forged: str):
    zone = Answers.of({**ZONE, f"k1._domainkey.{forged}": {"TXT": [key_text(RSA)]}})
    assert judge(signed(letter(), forged), zone, NOW).proved_domain == ""


def test_a_signature_of_a_subdomain_counts_unless_the_owner_is_strict():
    assert judge(signed(letter(), f"news.{CITY}"), DNS, NOW).verdict == "proved"
    strict = {**ZONE, f"_dmarc.{CITY}": {"TXT": ["v=DMARC1; p=reject; adkim=s"]}}
    assert judge(signed(letter(), f"news.{CITY}"), Answers.of(strict), NOW).verdict == "refused"


def test_two_cities_below_one_suffix_are_strangers_even_if_the_suffix_has_a_record():
    zone = Answers.of(
        {**ZONE, "_dmarc.lg.jp": {"TXT": ["v=DMARC1; p=none"]}, "k1._domainkey.b.lg.jp": {"TXT": [key_text(RSA)]}}
    )
    assert judge(signed(letter(b"<info@a.lg.jp>"), "b.lg.jp"), zone, NOW).proved_domain == ""


def test_the_three_forms_of_signature_hold_and_any_altered_byte_breaks_them():
    for form in ("simple/simple", "relaxed/relaxed", "relaxed/simple", "simple/relaxed"):
        for key in (RSA, ED):
            raw = signed(letter(), CITY, key, form=form)
            zone = Answers.of({**ZONE, f"k1._domainkey.{CITY}": {"TXT": [key_text(key)]}})
            assert judge(raw, zone, NOW).verdict == "proved", form
            assert judge(raw.replace(b"at ten", b"at one"), zone, NOW).dkim[0].reason == "body-altered"
            assert judge(raw.replace(b"Smartphone", b"Smartphonf"), zone, NOW).dkim[0].reason == "header-altered"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_our_verifier_and_dkimpy_agree_on_signed_and_damaged_messages(data: st.DataObject):
    body = data.draw(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\xe3\x81\x82", b"."]), max_size=12))
    form = data.draw(st.sampled_from(["simple/simple", "relaxed/relaxed", "relaxed/simple", "simple/relaxed"]))
    # every message of SMTP ends with a line end; on what a last line without one means, the two differ
    raw = signed(letter(body=b"".join(body) + b"\r\n"), CITY, form=form)
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    try:
        theirs = dkimpy.verify(
            raw, dnsfunc=lambda name, timeout=5: key_text(RSA).encode() if CITY.encode() in name else None
        )
    except Exception:
        theirs = False
    try:
        ours = any(s.result == "pass" for s in dkim.verify(split(raw), DNS, NOW)[:1])
    except BadMessage:
        ours = False
    assert ours == bool(theirs)


def test_bodies_of_nothing_and_of_empty_lines_have_the_published_digests():
    for text, form, expected in (
        (b"", "simple", b"\r\n"),
        (b"", "relaxed", b""),
        (b"\r\n\r\n", "relaxed", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", "relaxed", b" C\r\nD E\r\n"),
        (b" C \r\nD \t E\r\n\r\n\r\n", "simple", b" C \r\nD \t E\r\n"),
        (b"a\n\r\n", "simple", b"a\n\r\n"),
        (b"a\r\r\n\r\n", "simple", b"a\r\r\n"),
    ):
        assert canonical.body(text, form) == expected, (text, form)


def test_a_signature_that_leaves_room_for_more_does_not_prove_the_message():
    raw = signed(letter(), CITY, length=5)
    judged = judge(raw + b"Pay here: http://evil.example\r\n", DNS, NOW)
    assert judged.dkim[0].result == "pass" and not judged.dkim[0].covers_all
    assert judged.verdict == "refused" and "parts-not-signed" in judged.reasons
    second = signed(letter(), CITY, names="from:to:subject:date")
    judged = judge(b"Subject: Urgent\r\n" + second, DNS, NOW)
    assert judged.verdict == "refused" and "parts-not-signed" in judged.reasons


def test_a_second_sender_is_never_proved():
    raw = signed(letter(), CITY)
    judged = judge(b"From: evil@evil.example\r\n" + raw, DNS, NOW)
    assert judged.verdict == "unproved" and judged.reasons[0] == "many-from" and judged.proved_domain == ""
    two = judge(signed(letter(b"a@city.example.jp, b@evil.example"), CITY), DNS, NOW)
    assert two.proved_domain == "" and two.reasons[0] == "many-from"


def test_weak_old_and_expired_signatures_are_named():
    small = Answers.of({**ZONE, f"k1._domainkey.{CITY}": {"TXT": [key_text(SMALL)]}})
    assert judge(signed(letter(), CITY, SMALL), small, NOW).verdict == "proved"
    tiny = rsa.generate_private_key(65537, 1024)
    assert judge(signed(letter(), CITY, tiny), small, NOW).dkim[0].reason == "header-altered"
    old = signed(letter(), CITY, extra=f" t={int(NOW) - 900000}; x={int(NOW) - 800000};")
    assert judge(old, DNS, NOW).dkim[0].reason == "expired"
    assert judge(old, DNS, NOW - 850000).verdict == "proved"
    assert judge(signed(letter(), CITY, names="to:subject"), DNS, NOW).dkim[0].reason == "from-not-signed"
    sha1 = signed(letter(), CITY).replace(b"rsa-sha256", b"rsa-sha1")
    assert judge(sha1, DNS, NOW).dkim[0].reason == "weak-method"


def test_without_dns_answers_nothing_is_claimed_either_way():
    judged = judge(signed(letter(), CITY), Answers.none(), NOW)
    assert judged.verdict == "unknown" and "answers-missing" in judged.reasons
    assert judge(letter(), Answers.none(), NOW).verdict == "unknown"


def test_spf_proves_the_sender_only_for_its_own_domain():
    envelope = Envelope("192.0.2.9", "mx.city.example.jp", f"bounce@{CITY}")
    judged = judge(letter(), DNS, NOW, envelope=envelope)
    assert judged.verdict == "proved" and "sent-by-domain" in judged.reasons
    assert "cannot be told" in judged.words("en")[0]  # a server was proved, not the text
    assert (
        judge(letter(), DNS, NOW, envelope=Envelope("198.51.100.1", "x.example", f"bounce@{CITY}")).verdict == "refused"
    )
    zone = Answers.of({**ZONE, "evil.example": {"TXT": ["v=spf1 +all"]}})
    assert (
        judge(letter(), zone, NOW, envelope=Envelope("198.51.100.1", "x.example", "a@evil.example")).proved_domain == ""
    )


def test_results_written_by_strangers_are_not_believed():
    told = b"Authentication-Results: mx.ours.example; spf=pass smtp.mailfrom=city.example.jp\r\n"
    assert judge(told + letter(), DNS, NOW).verdict == "refused"
    assert judge(told + letter(), DNS, NOW, trusted_hops=["mx.ours.example"]).verdict == "proved"
    hidden = b"Authentication-Results: mx.ours.example; spf=fail\r\n" + told
    assert judge(hidden + letter(), DNS, NOW, trusted_hops=["mx.ours.example"]).verdict == "refused"


def test_a_name_that_shows_another_address_is_told():
    judged = judge(letter(b'"info@city.example.jp" <x@evil.example>'), DNS, NOW)
    assert "name-pretends" in judged.reasons and judged.sender.pretends == CITY
    coded = base64.b64encode("市役所 info@city.example.jp".encode()).decode()
    judged = judge(letter(f"=?utf-8?B?{coded}?= <x@evil.example>".encode()), DNS, NOW)
    assert judged.sender.pretends == CITY


@pytest.mark.parametrize(
    "sender",
    [
        b"info@city.example.jp@evil.example",
        b'"info@city.example.jp"@evil.example',
        b"info@city.example.jp <x@evil.example> <y@evil.example>",
        b"team: info@city.example.jp;",
        b"<info@city.example.jp",
        b"info@city..jp",
        b"info@localhost",
        b"info",
        b"",
    ],
)
def test_a_sender_that_can_be_read_in_two_ways_is_nobodys(sender: bytes):
    judged = judge(signed(letter(sender), CITY), DNS, NOW)
    assert (judged.sender.domain, judged.sender.problem, judged.proved_domain) == ("", "bad-from", "")


@pytest.mark.parametrize(
    "sender",
    [
        b"info@city.example.jp",
        b"<info@city.example.jp>",
        b"City of Example <info@City.Example.JP>",
        b'"Office, 1st floor" <info@city.example.jp>',
        b"info@city.example.jp (the <office>, really)",
        b"=?utf-8?B?5biC5b255omA?= <info@city.example.jp>",
    ],
)
def test_the_usual_ways_to_write_a_sender_are_read(sender: bytes):
    judged = judge(signed(letter(sender), CITY), DNS, NOW)
    assert (judged.sender.domain, judged.sender.problem, judged.verdict) == (CITY, "", "proved")


def test_an_owner_who_asks_for_nothing_leaves_the_message_unproved():
    for record in ("v=DMARC1; p=none", "v=DMARC1; p=quarantine; t=y"):
        zone = {**ZONE, f"_dmarc.{CITY}": {"TXT": [record]}}
        assert judge(letter(), Answers.of(zone), NOW).verdict == "unproved"
    zone = {k: v for k, v in ZONE.items() if not k.startswith("_dmarc")}
    judged = judge(letter(), Answers.of(zone), NOW)
    assert judged.verdict == "unproved" and "no-dmarc" in judged.reasons


def test_huge_and_shapeless_messages_are_refused_with_a_name():
    for raw, code in (
        (b"a" * 26_000_000, "mail-too-large"),
        (b"X: " + b"a" * 2_000_000 + b"\r\n\r\n", "mail-header-too-large"),
        (b"X: 1\r\n" * 5000 + b"\r\n", "mail-header-too-large"),
        (b"\x00\x01\x02", "mail-no-header"),
        (b"", "mail-no-header"),
    ):
        with pytest.raises(BadMessage) as e:
            judge(raw, DNS, NOW)
        assert e.value.code == code


def test_a_bomb_of_parts_is_refused_and_an_honest_letter_is_read():
    nested = b"text"
    for n in range(40):
        nested = (
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) + nested + b"\r\n--b%d--\r\n" % n
        )
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5000 + b"--b--\r\n"
    big = b"Content-Type: text/plain\r\n\r\n" + b"a" * 3_000_000
    for raw, code in ((nested, "mail-too-many-parts"), (many, "mail-too-many-parts"), (big, "mail-text-too-large")):
        with pytest.raises(BadMessage) as e:
            seen(b"From: a@b.example\r\n" + raw)
        assert e.value.code == code
    html = base64.b64encode('<p>こんにちは<a href="https://evil.example/?a=1&amp;b=2">市役所</a></p>'.encode())
    raw = (
        b'From: a@b.example\r\nContent-Type: multipart/alternative; boundary="q q"\r\n\r\npreamble\r\n--q q\r\n\r\nplain text\r\n'
        b"--q q\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + html + b"\r\n"
        b"--q q\r\nContent-Type: image/png\r\n\r\nxx\r\n--q q--\r\nepilogue"
    )
    found = seen(raw)
    assert (found.plain, found.links, found.attachments) == ("plain text", ("https://evil.example/?a=1&b=2",), 1)
    assert found.from_html == "こんにちは市役所"
    for marked, text in (
        ("a<script>x</style>y</script>b<style>z</style >c", "a b c"),
        ("a<script>" * 50_000, "a"),
        ("<scripty>a</scripty>", "a"),
    ):
        assert seen(f"From: a@b.jp\r\nContent-Type: text/html\r\n\r\n{marked}".encode()).from_html == text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_judge_fall(raw: bytes):
    for text in (
        raw,
        b"From: a@city.example.jp\r\nDKIM-Signature: " + raw,
        b"ARC-Seal: i=1;" + raw + b"\r\nFrom: " + raw,
    ):
        try:
            assert judge(text, DNS, NOW).proved_domain == ""
            seen(text)
        except BadMessage as e:
            assert e.code.startswith("mail-")


@pytest.mark.skipif(
    not SAMPLES.exists(), reason="the sample messages of /work/shared/data/mail are not on this machine"
)
def test_the_sample_messages_are_judged_rightly():
    zone = Answers.of(
        {
            "20161025._domainkey.gmail.com": {"TXT": [GMAIL]},
            "arc-20160816._domainkey.google.com": {"TXT": [GOOGLE_ARC]},
            "_dmarc.gmail.com": {"TXT": ["v=DMARC1; p=none; sp=quarantine"]},
        },
        complete=False,
    )
    at = 1_674_900_000.0
    judged = {p.name: judge(p.read_bytes(), zone, at) for p in sorted(SAMPLES.glob("*.eml"))}
    assert (judged["zproov.eml"].verdict, judged["zproov.eml"].proved_domain) == ("proved", "gmail.com")
    altered = (SAMPLES / "zproov.eml").read_bytes().replace(b"Subject: Proovikiri", b"Subject: Proovikirj")
    assert judge(altered, zone, at).proved_domain == ""
    for name, one in judged.items():
        if name.startswith("arc-"):
            assert one.arc.result == ("pass" if "pass" in name else "fail"), name
    assert judged["message3.eml"].arc.result == judged["zbimi.eml"].arc.result == "pass"
    assert judged["message1.eml"].reasons[0] == "not-signed"
    for name, one in judged.items():
        assert (one.verdict == "proved") == (name == "zproov.eml"), name
        assert one.reasons and one.words("ja")


#: RFC 8463 appendix A: one message signed with Ed25519 and with RSA.
FOOTBALL = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""


def test_the_published_message_of_rfc_8463_holds_by_both_methods():
    zone = {
        "brisbane._domainkey.football.example.com": {
            "TXT": ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
        },
        "test._domainkey.football.example.com": {
            "TXT": [
                "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
            ]
        },
    }
    judged = judge(FOOTBALL, Answers.of(zone), 1_528_637_999.0)
    assert [(s.result, s.algorithm) for s in judged.dkim] == [("pass", "ed25519-sha256"), ("pass", "rsa-sha256")]
    assert judged.proved_domain == "football.example.com"
