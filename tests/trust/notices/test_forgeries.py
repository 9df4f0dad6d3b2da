"""Forgeries by a forger who does not know the rules: none is official. Genuine messages after rough handling: recognised."""

from __future__ import annotations

import random

import pytest

from daremo.trust.notices.check import check
from daremo.trust.notices.register import as_sent
from tests.trust.notices import forger, noise, town

NOTICES, EACH_FORGERY, EACH_NOISE = 300, 1_300, 150


def _sent(rng: random.Random) -> tuple[str, str]:
    """Code and words of a message on its way, with or without its check code."""
    entry = rng.choice(town.entries(NOTICES)[1])
    return entry.code, as_sent(entry) if rng.random() < 0.5 else entry.notice.text


@pytest.mark.parametrize("kind", forger.KINDS)
def test_no_forgery_is_ever_official(kind: str):
    rng, book, altered, made = random.Random(f"held out {kind}"), town.registry(NOTICES), 0, 0
    while made < EACH_FORGERY:
        _, genuine = _sent(rng)
        forged = forger.KINDS[kind](genuine, rng)
        if forged == genuine:
            continue
        made += 1
        found = check(forged, book, town.DAY)
        assert found.verdict != "official", f"{genuine}\n{forged}"
        altered += found.verdict == "altered"
    # what nobody sees in otherwise genuine words is not vouched for, nor is it called forged
    assert altered / made >= (0.0 if kind == "zero_width" else 0.9)


def test_the_forger_makes_ten_thousand():
    assert len(forger.KINDS) * EACH_FORGERY >= 10_000


@pytest.mark.parametrize("kind", noise.KINDS)
def test_a_genuine_message_is_recognised_after_rough_handling(kind: str):
    rng, book, known = random.Random(f"held out {kind}"), town.registry(NOTICES), 0
    for _ in range(EACH_NOISE):
        code, genuine = _sent(rng)
        found = check(noise.KINDS[kind](genuine, rng), book, town.DAY)
        known += found.verdict == "official" and found.entry is not None and found.entry.code == code
    assert known / EACH_NOISE >= 0.99


def test_a_forgery_after_rough_handling_is_still_no_official_message():
    rng, book = random.Random(11), town.registry(NOTICES)
    for _ in range(600):
        _, genuine = _sent(rng)
        forged = rng.choice(list(forger.KINDS.values()))(genuine, rng)
        if forged != genuine:
            rough = rng.choice((noise.broken_lines, noise.quoted, noise.with_emoji, noise.spaces))(forged, rng)
            assert check(rough, book, town.DAY).verdict != "official", rough


def test_letters_that_a_scanner_errs_on_at_random_never_turn_a_message_official_or_forged_alone():
    """One wrong kanji: the notice is found and shown, the verdict stays open."""
    rng, book = random.Random(5), town.registry(NOTICES)
    for _ in range(100):
        code, genuine = _sent(rng)
        at = genuine.index("お知らせ") + 1
        found = check(genuine[:at] + "鬱" + genuine[at + 1 :], book, town.DAY)
        assert found.verdict == "unknown" and found.entry is not None and found.entry.code == code
        assert any(d.get("received") == "鬱" or "鬱" in d.get("received", "") for d in found.diff)


def test_strangers_words_are_neither_official_nor_called_forged():
    book = town.registry(NOTICES)
    for words in (
        "本日の会議は3時からに変更になりました。", "お荷物をお届けにあがりましたが不在のため持ち帰りました。http://jppost.example.org/x",
        "みほん市のお祭り、日曜日に一緒に行きませんか？", "a", "…", "12345", "https://www.example.org/", "", "　\n",
    ):  # fmt: skip
        found = check(words, book, town.DAY)
        assert found.verdict == "unknown" and found.reasons, words
