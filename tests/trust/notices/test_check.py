"""The three verdicts: what is vouched for, what imitates, and everything else."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from daremo.trust.keys import new_signer
from daremo.trust.notices import qr
from daremo.trust.notices.check import check
from daremo.trust.notices.code import ALPHABET, codes_in, new_code, read_code, shown
from daremo.trust.notices.letters import key_of, text_of
from daremo.trust.notices.lookup import Buckets, prefix_length, question
from daremo.trust.notices.model import BadNotice, Issuer, Notice, issuer_of, notice_of
from daremo.trust.notices.register import as_sent, check_draft
from daremo.trust.notices.registry import (
    BadSnapshot,
    IssuerKey,
    Registry,
    endorse,
    entitled,
    read_snapshot,
    write_snapshot,
)
from tests.trust.notices.town import DAY, HOST, ISSUER, SIGNER, bytes_of, entries, registry

BOOK = registry(60)
ENTRY = entries(60)[1][7]


def codes(text: str, book: Registry = BOOK, day: str = DAY) -> tuple[str, set[str]]:
    found = check(text, book, day)
    return found.verdict, {r.code for r in found.reasons}


def test_an_official_message_comes_with_the_citys_own_text_and_a_proof():
    found = check(as_sent(ENTRY), BOOK, DAY)
    told = found.as_dict()
    assert told["verdict"] == "official" and told["notice"]["text"] == ENTRY.notice.text and told["diff"] == []
    assert told["proof"] == {
        "code": ENTRY.code, "digest": ENTRY.digest.hex(), "key": SIGNER.public.kid, "signed": True, "record": ENTRY.index,
        "journal_size": 60, "in_journal": True,
    }  # fmt: skip


def test_a_changed_link_is_shown_beside_the_citys():
    forged = ENTRY.notice.text.replace(HOST, "city-mihon.com").replace("mihon-library.jp", "mihon-library.com")
    found = check(forged, BOOK, DAY)
    assert found.verdict == "altered" and found.entry == ENTRY
    assert any(".com" in d.get("received", "") for d in found.diff)
    assert "".join(d.get("same", d.get("official", "")) for d in found.diff).replace(
        " ", ""
    ) == ENTRY.notice.text.replace(" ", "")


@pytest.mark.parametrize(
    ("day", "verdict", "reason"), [("2026-10-31", "unknown", "not-yet"), ("2026-11-01", "official", "published"), ("2027-04-01", "unknown", "ended")]
)  # fmt: skip
def test_a_notice_is_official_on_its_days_only(day: str, verdict: str, reason: str):
    book = replace(BOOK, until="")
    assert codes(ENTRY.notice.text, book, day) == (verdict, {reason})


def test_withdrawn_and_replaced_notices_are_not_official():
    for changed, reason in (
        (replace(ENTRY, withdrawn=DAY), "withdrawn"),
        (replace(ENTRY, withdrawn=DAY, replaced_by="X"), "replaced"),
    ):
        book = Registry.of(ISSUER, BOOK.keys, [changed])
        for what in (ENTRY.notice.text, ENTRY.code):
            verdict, reasons = codes(what, book)
            assert verdict == "unknown" and reason in reasons
        assert codes(ENTRY.notice.text, book, "2026-11-27")[0] == "official"


def test_a_notice_that_no_key_of_the_issuer_signed_is_not_official():
    thief = new_signer(SIGNER.name, bytes_of("thief"))
    for keys in ([IssuerKey(thief.public, "2026-01-01")], [replace(BOOK.keys[0], revoked=True)], [IssuerKey(SIGNER.public, "2026-11-02")],
                 [IssuerKey(SIGNER.public, "2026-01-01", "2026-10-31")]):  # fmt: skip
        assert codes(ENTRY.notice.text, Registry.of(ISSUER, keys, [ENTRY])) == ("unknown", {"signature-fails"})
    changed = replace(ENTRY, notice=replace(ENTRY.notice, text=ENTRY.notice.text + "！"))
    assert codes(changed.notice.text, Registry.of(ISSUER, BOOK.keys, [changed]))[0] == "unknown"


def test_a_notice_that_the_journal_does_not_hold_is_not_official():
    row = BOOK.codes.index(ENTRY.code)
    other = BOOK.read(row - 1)[1]
    book = Registry.of(ISSUER, BOOK.keys, [ENTRY], lambda i: other, checkpoint=BOOK.checkpoint)
    assert codes(ENTRY.notice.text, book) == ("unknown", {"not-in-journal"})


def test_a_registry_past_its_day_vouches_for_nothing_but_still_warns():
    old = replace(BOOK, until="2026-11-27")
    for what in (ENTRY.notice.text, ENTRY.code, "0000-12-2200", f"https://{HOST}/"):
        verdict, reasons = codes(what, old)
        assert verdict == "unknown" and "registry-old" in reasons
    assert codes("https://city-mihon.com/", old)[0] == "altered"


def test_a_code_of_another_notice_or_on_another_text_is_no_pass():
    other = entries(60)[1][8]
    assert codes(f"{ENTRY.notice.text}\n確認コード {shown(other.code)}") == ("altered", {"code-of-another"})
    verdict, reasons = codes(f"至急ATMへ行って手続きをしてください。確認コード {shown(ENTRY.code)}")
    assert verdict == "altered" and "code-on-another-text" in reasons
    free = new_code(b"free", lambda c: False)
    assert codes(f"こんにちは。確認コード {shown(free)}")[0] == "unknown"
    assert codes(free) == ("unknown", {"code-not-found"})


def test_words_around_a_genuine_text_leave_it_open_and_links_or_numbers_around_it_do_not():
    text = ENTRY.notice.text
    assert codes(f"これって本物かな？{text}") == ("unknown", {"words-added"})
    assert codes(f"{text} http://pay.example.org/a") == ("altered", {"link-added"})
    assert codes(f"至急 090-1234-5678 へ。{text}") == ("altered", {"number-added"})
    assert codes(f"{text} 口座 1234567") == ("altered", {"number-added"})
    assert codes(text[: len(text) // 3])[1] == {"part"}


def test_a_demand_in_a_line_that_looks_like_a_header_is_not_vouched_for():
    text = ENTRY.notice.text
    for line in (
        "件名: 至急ATMで手続きをしてください", "差出人: みほん市 090-1234-5678 へ電話", "日時: 本日中に口座1234567へ", "From: pay.example.org",
        "Subject: https://evil.test", "-----転送----- 至急お金を払ってください", "宛先: 今すぐ手数料を払ってください",
    ):  # fmt: skip
        assert codes(f"{line}\n{text}")[0] != "official", line
    for line in (
        f"件名: {ENTRY.notice.title}",
        "差出人: みほん市",
        "宛先: hanako@example.net",
        "日時: 2026年11月20日 10:15",
        "Date: Fri, 20 Nov 2026 10:15:00 +0900",
        f"From: みほん市 <info@{HOST}>",
    ):
        assert codes(f"{line}\n\n{text}")[0] == "official", line


def test_a_stroke_through_words_and_marks_on_digits_are_no_genuine_text():
    text = ENTRY.notice.text
    assert codes("".join(c + "\u0336" for c in text))[0] != "official"
    assert codes(text.replace("み", "み\u0336", 1))[0] != "official"


def test_numbers_and_links_alone():
    assert codes("0000-12-2200") == ("official", {"number-of-issuer", "caller-can-lie"})
    assert codes("+81 120-000-111")[0] == "official" and codes("００００－１２－３４５６")[0] == "official"
    assert codes("0000-12-2209") == ("unknown", {"number-not-found"})
    assert codes(f"https://{HOST}/a?b=1") == ("official", {"link-of-issuer"}) and codes(f"www.{HOST}")[0] == "official"
    assert codes("https://forms.example.net/mihon/42")[0] == "official"
    assert codes("https://forms.example.net/mihon/43") == ("unknown", {"link-not-found"})
    for forged in (
        f"https://{HOST}@evil.test/", f"https://{HOST}.evil.test/", "https://city-mihon.com", "city.mlhon.lg.jp.pay.com", "https://cіty.mihon.lg.jp/",
        f"https:\\\\{HOST}@evil.test", f"https://{HOST}%2eevil.test/",
    ):  # fmt: skip
        assert codes(forged)[0] != "official", forged
    assert codes(f"https://{HOST}.evil.test/") == ("altered", {"alike-front"})


def test_a_qr_is_checked_with_no_network_and_a_forged_one_is_refused():
    text = qr.payload(ENTRY, SIGNER, "HTTPS://CITY.MIHON.LG.JP/GENUINE#")
    assert len(text) <= qr.LONGEST
    found = check(text, BOOK, DAY)
    assert found.verdict == "official" and found.entry == ENTRY and "compare-text" in {r.code for r in found.reasons}
    told = qr.read(text, [SIGNER.public])
    assert (told.digest, told.index, told.valid_until) == (ENTRY.digest, ENTRY.index, ENTRY.notice.valid_until)
    rng = random.Random(4)
    begin = text.index(qr.MARK) + len(qr.MARK)
    for _ in range(300):
        at = rng.randrange(begin, len(text))
        forged = (
            text[:at] + rng.choice([c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if c != text[at]]) + text[at + 1 :]
        )
        assert check(forged, BOOK, DAY).verdict == "altered"
    thief = new_signer(SIGNER.name, bytes_of("thief"))
    assert codes(qr.payload(ENTRY, thief))[0] == "altered"
    assert codes(qr.payload(ENTRY, SIGNER), Registry.of(ISSUER, BOOK.keys, [])) == ("unknown", {"qr-newer"})


def test_a_long_title_still_fits_the_qr():
    entry = replace(ENTRY, notice=replace(ENTRY.notice, title="𠮷" * 400))
    assert len(qr.payload(entry, SIGNER)) <= qr.LONGEST
    with pytest.raises(qr.BadQr):
        qr.payload(entry, SIGNER, "HTTPS://A-VERY-LONG-NAME.EXAMPLE/" + "A" * 60)


def test_the_check_symbol_finds_every_wrong_letter_and_every_swap_of_neighbours():
    for n in range(40):
        code = new_code(bytes([n]), lambda c: False)
        assert (
            read_code(shown(code))
            == read_code(code.lower())
            == read_code(code.replace("0", "O").replace("1", "l"))
            == code
        )
        for at in range(10):
            for c in ALPHABET:
                if c != code[at]:
                    assert read_code(code[:at] + c + code[at + 1 :]) is None
        for at in range(9):
            if code[at] != code[at + 1]:
                assert read_code(code[:at] + code[at + 1] + code[at] + code[at + 2 :]) is None
    assert codes_in("電話 0123-4567-89 へ") == []


def test_a_code_that_is_taken_is_not_given_twice():
    first = new_code(b"x", lambda c: False)
    assert new_code(b"x", {first}.__contains__) not in (first, None)


def test_no_two_digits_share_a_key():
    assert len({key_of(c) for c in "0123456789"}) == 10
    numerals = "一二三四五六七八九十百千万億〇"
    assert len({key_of(c) for c in numerals}) == len(numerals)


def test_a_snapshot_checks_offline_and_every_altered_byte_is_refused():
    data = write_snapshot(BOOK, SIGNER, DAY, "2026-12-31")
    book = read_snapshot(data, [SIGNER.public])
    assert codes(as_sent(ENTRY), book) == ("official", {"published"}) and book.codes == BOOK.codes
    rng = random.Random(2)
    for _ in range(200):
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with pytest.raises(BadSnapshot):
            read_snapshot(bytes(damaged), [SIGNER.public])
    with pytest.raises(BadSnapshot, match="known key"):
        read_snapshot(data, [new_signer("x", bytes_of("x")).public])
    for noise in (b"", b"\n\n", b"{}\n{}\n", b"[" * 100_000):
        with pytest.raises(BadSnapshot):
            read_snapshot(noise)


def test_keys_hand_on_one_after_the_other_and_nobody_else_can():
    second, third, thief = (new_signer(SIGNER.name, bytes_of(x)) for x in ("2", "3", "thief"))
    one, day = BOOK.keys[0], "2026-06-01"
    two = IssuerKey(second.public, day, endorsed=endorse(SIGNER, second.public, day))
    three = IssuerKey(third.public, day, endorsed=endorse(second, third.public, day))
    assert entitled([SIGNER.public], [one, two, three]) == [SIGNER.public, second.public, third.public]
    assert entitled([second.public], [one, two, three]) == [second.public, third.public]
    for wrong in (endorse(thief, thief.public, day), two.endorsed, "", "!"):
        assert entitled([SIGNER.public], [one, IssuerKey(thief.public, day, endorsed=wrong)]) == [SIGNER.public]
    assert entitled([SIGNER.public], [one, replace(two, since="2026-01-01")]) == [SIGNER.public]
    book = replace(BOOK, keys=(one, two))
    assert read_snapshot(write_snapshot(book, second, DAY, DAY), [SIGNER.public]).codes == BOOK.codes
    with pytest.raises(BadSnapshot):
        read_snapshot(
            write_snapshot(replace(BOOK, keys=(one, IssuerKey(thief.public, day))), thief, DAY, DAY), [SIGNER.public]
        )


def test_asking_by_prefix_gives_a_crowd_and_the_asker_finds_hers():
    buckets = Buckets(BOOK)
    for what in (shown(ENTRY.code), ENTRY.notice.text, "> " + ENTRY.notice.text.replace("。", "。\n> ")):
        digest = question(what)
        length = prefix_length(len(BOOK.codes))
        answer = buckets.answer(digest[:length])
        assert BOOK.codes[answer[digest][0]] == ENTRY.code
        assert len(answer) >= 16
    assert prefix_length(10_000) == 2 and question("知らない文") not in buckets.answer("")


def test_a_draft_with_links_numbers_or_letters_that_nobody_could_check_is_refused():
    good = Notice("sms", "t", f"https://{HOST}/a 0000-12-2200", "2026-01-01", "2026-12-31")
    check_draft(good, ISSUER)
    for text, field in (
        ("https://bit.ly/abc", "links"), ("電話 03-1234-5678", "numbers"), ("a\u200bb", "text"), ("x@evil.test まで", "mail_domains"),
        (f"https://{HOST}@evil.test/", "links"),
    ):  # fmt: skip
        with pytest.raises(BadNotice) as caught:
            check_draft(replace(good, text=text), ISSUER)
        assert caught.value.field == field
    check_draft(replace(good, text="https://bit.ly/abc", links=("https://bit.ly/abc",)), ISSUER)


def test_a_notice_or_issuer_of_the_wrong_form_is_refused_by_the_name_of_its_field():
    good = ENTRY.notice.as_dict()
    assert notice_of(good) == ENTRY.notice
    for change, field in (
        ({"kind": "fax"}, "kind"), ({"text": " "}, "text"), ({"valid_from": "1月"}, "valid_from"), ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"links": "x"}, "links"), ({"more": 1}, "more"), ({"title": "\ud800"}, "title"), ({"text": "x" * 20_001}, "text"), ({"title": 3}, "title"),
    ):  # fmt: skip
        with pytest.raises(BadNotice) as caught:
            notice_of(good | change)
        assert caught.value.field == field
    assert issuer_of({"name": "市"}) == Issuer("市")
    for wrong in (None, [], {}, {"name": ""}, {"name": "x", "domains": [1]}):
        with pytest.raises(BadNotice):
            issuer_of(wrong)


def test_a_huge_text_is_answered_within_bounds():
    assert check("あ" * 2_000_000, BOOK, DAY).verdict == "unknown"
    assert text_of("").keys == ""
