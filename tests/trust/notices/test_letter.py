"""Mail: a From line is a claim; official only with a proved sender, the city's words and nothing that leads elsewhere."""

from __future__ import annotations

from daremo.trust.mail.answers import Answers
from daremo.trust.mail.dmarc import Dmarc
from daremo.trust.mail.judge import Judged, judge
from daremo.trust.mail.message import sender_of, split
from daremo.trust.notices.check import Checked
from daremo.trust.notices.letter import check_mail
from tests.trust.notices.town import DAY, HOST, entries, registry

BOOK = registry(60)
ENTRY = entries(60)[1][7]


def mail(body: str, *, sender: str = f"info@{HOST}", head: str = "", kind: str = "text/plain") -> bytes:
    return (
        f"From: {sender}\nTo: a@example.net\nSubject: x\nMIME-Version: 1.0\nContent-Type: {kind}; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\n{head}\n{body}\n"
    ).encode()


def proved(raw: bytes, domain: str, verdict: str = "proved") -> Judged:
    """As `judge` tells it."""
    return Judged(
        verdict,
        domain,
        sender_of(split(raw)),
        "",
        (),
        None,
        Dmarc("pass", domain),
        judge(raw, Answers.none(), 0).arc,
        (),
    )  # type: ignore[arg-type]


def told(raw: bytes, domain: str = HOST, verdict: str = "proved") -> tuple[str, set[str]]:
    found: Checked = check_mail(raw, BOOK, DAY, proved(raw, domain, verdict))
    return found.verdict, {r.code for r in found.reasons}


def test_a_proved_sender_with_the_citys_words_is_official():
    assert told(mail(ENTRY.notice.text)) == ("official", {"published"})


def test_a_forged_from_is_never_official_whatever_the_words():
    raw = mail(ENTRY.notice.text)
    found = check_mail(raw, BOOK, DAY, judge(raw, Answers.none(), 0))
    assert found.verdict == "unknown" and found.reasons[0].code == "sender-not-asked"
    assert told(raw, "", "unproved") == ("unknown", {"sender-unproved", "published"})
    assert told(raw, "", "refused")[0] == "altered"
    # a third party's valid signature proves the third party
    assert told(mail(ENTRY.notice.text, sender="x@other.example"), "other.example") == (
        "unknown",
        {"sender-another", "published"},
    )


def test_a_sender_that_imitates_the_city_is_told_even_where_it_is_proved():
    verdict, reasons = told(mail(ENTRY.notice.text, sender="info@city-mihon.com"), "city-mihon.com")
    assert verdict == "altered" and "alike-ending" in reasons


def test_an_answer_or_a_button_that_leads_elsewhere_is_told():
    assert told(mail(ENTRY.notice.text, head="Reply-To: a@evil.test\n")) == (
        "altered",
        {"reply-elsewhere", "published"},
    )
    for href, reason in (
        ("https://evil.test/", "link-elsewhere"),
        ("tel:09012345678", "number-elsewhere"),
        ("mailto:x@evil.test", "mail-elsewhere"),
    ):
        body = f'<p>{ENTRY.notice.text}<a href="{href}"></a></p>'
        verdict, reasons = told(mail(body, kind="text/html"))
        assert verdict == "altered" and reason in reasons


def test_plain_text_and_html_that_say_different_things_are_not_official():
    body = (
        "--b\nContent-Type: text/plain; charset=utf-8\n\n"
        f"{ENTRY.notice.text}\n--b\nContent-Type: text/html; charset=utf-8\n\n<p>至急ATMへ</p>\n--b--\n"
    )
    assert told(mail(body, kind='multipart/alternative; boundary="b"'))[0] != "official"


def test_an_attachment_is_never_vouched_for():
    body = (
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{ENTRY.notice.text}\n"
        "--b\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\n\nx\n--b--\n"
    )
    verdict, reasons = told(mail(body, kind='multipart/mixed; boundary="b"'))
    assert verdict == "unknown" and "attachment" in reasons
