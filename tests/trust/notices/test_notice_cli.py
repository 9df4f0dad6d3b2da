"""``daremo trust notice`` and ``check``: everything made by hand, as an officer would, and checked offline."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from daremo.trust.notices import qr
from daremo.trust.notices.registry import read_snapshot

TEXT = "【みほん市】健康診断の受付は12月18日までです。くわしくは https://city.mihon.example/kenshin"
DRAFT = {"kind": "sms", "title": "健康診断", "text": TEXT, "valid_from": "2026-01-01", "valid_until": "2036-12-18"}


def _made(daremo, folder: Path) -> dict[str, str]:
    (folder / "draft.json").write_text(json.dumps(DRAFT), encoding="utf-8")
    assert daremo("trust", "notice", "keys", "city.mihon.example", "-o", folder / "r", "--from", "2026-01-01").code == 0
    told = daremo("trust", "notice", "register", folder / "draft.json", "--registry", folder / "r", "--json")
    assert told.code == 0
    assert daremo("trust", "notice", "snapshot", folder / "r", "-o", folder / "s").code == 0
    return told.json


def test_a_notice_goes_from_keys_to_a_verdict_by_hand(daremo, tmp_path: Path):
    made = _made(daremo, tmp_path)
    assert (tmp_path / "r" / "key.pem").stat().st_mode & 0o077 == 0
    told = daremo(
        "trust",
        "check",
        "--text",
        made["text"],
        "--registry",
        tmp_path / "s",
        "--key",
        tmp_path / "r" / "keys.txt",
        "--json",
    )
    assert told.code == 0 and told.json["verdict"] == "official" and told.json["registry"]["key_known"]
    assert set(told.json) >= {"verdict", "reasons", "notice", "proof"} and told.json["proof"]["in_journal"]
    (tmp_path / "x.txt").write_text(TEXT.replace("18日", "19日"), encoding="cp932")
    told = daremo("trust", "check", tmp_path / "x.txt", "--registry", tmp_path / "s", "--json")
    assert told.json["verdict"] == "altered" and told.json["notice"]["text"] == TEXT
    for what in (made["code"], made["qr"]):
        assert (
            daremo("trust", "check", "--text", what, "--registry", tmp_path / "s", "--json").json["verdict"]
            == "official"
        )
    said = daremo("trust", "check", "--text", TEXT.replace("18日", "19日"), "--registry", tmp_path / "s").out
    assert "にせものです" in said and "#9110" in said and "市が出した文" in said
    assert (
        "Cannot tell" in daremo("trust", "check", "--text", "hello", "--registry", tmp_path / "s", "--lang", "en").out
    )


def test_a_withdrawn_notice_is_told_by_the_next_snapshot(daremo, tmp_path: Path):
    made = _made(daremo, tmp_path)
    assert (
        daremo("trust", "notice", "withdraw", made["code"], "--registry", tmp_path / "r", "--from", "2026-02-01").code
        == 0
    )
    assert daremo("trust", "notice", "snapshot", tmp_path / "r", "-o", tmp_path / "s").code == 0
    told = daremo("trust", "check", "--text", TEXT, "--registry", tmp_path / "s", "--json").json
    assert told["verdict"] == "unknown" and told["reasons"][0]["code"] == "withdrawn"


def test_after_a_new_key_old_notices_still_hold_and_new_ones_do(daremo, tmp_path: Path):
    _made(daremo, tmp_path)
    first = (tmp_path / "r" / "keys.txt").read_text(encoding="utf-8").strip()
    again = ("trust", "notice", "keys", "city.mihon.example", "-o", tmp_path / "r", "--from", "2026-03-01")
    assert daremo(*again).code == 3
    assert daremo(*again, "--rotate").code == 0
    draft = DRAFT | {"text": TEXT.replace("18", "20"), "valid_from": "2026-03-01", "title": "新"}
    (tmp_path / "d2.json").write_text(json.dumps(draft), encoding="utf-8")
    assert daremo("trust", "notice", "register", tmp_path / "d2.json", "--registry", tmp_path / "r").code == 0
    assert daremo("trust", "notice", "snapshot", tmp_path / "r", "-o", tmp_path / "s").code == 0
    for text in (TEXT, draft["text"]):
        assert (
            daremo("trust", "check", "--text", text, "--registry", tmp_path / "s", "--json").json["verdict"]
            == "official"
        )
    # who knows the first key need not be told of the second: the first one handed on
    told = daremo("trust", "check", "--text", TEXT, "--registry", tmp_path / "s", "--key", first, "--json")
    assert told.code == 0 and told.json["verdict"] == "official"
    assert (
        daremo(
            "audit",
            "export",
            tmp_path / "r" / "journal.sqlite",
            "--key",
            tmp_path / "r" / "keys.txt",
            "-o",
            tmp_path / "j",
        ).code
        == 0
    )
    assert daremo("audit", "verify", tmp_path / "j", "--key", tmp_path / "r" / "keys.txt", "--json").json["size"] == 2


def test_after_a_key_is_revoked_nothing_that_it_signed_is_official(daremo, tmp_path: Path):
    made = _made(daremo, tmp_path)
    first = (tmp_path / "r" / "keys.txt").read_text(encoding="utf-8").strip()
    kid = first.split("+")[1]
    revoke = ("trust", "notice", "revoke")
    assert daremo(*revoke, "00000000", "--registry", tmp_path / "r", "--reason", "x").code == 3
    told = daremo(*revoke, kid.upper(), "--registry", tmp_path / "r", "--reason", "棒をなくした", "--json")
    assert told.code == 0 and told.json["codes"] == [made["code"]] and told.json["needs_new_key"]
    assert (tmp_path / "r" / "keys.txt").read_text(encoding="utf-8") == ""
    # twice is refused, and so is signing with it
    assert daremo(*revoke, kid, "--registry", tmp_path / "r", "--reason", "x").code == 3
    for verb in (
        ("snapshot", tmp_path / "r", "-o", tmp_path / "s"),
        ("register", tmp_path / "draft.json", "--registry", tmp_path / "r"),
    ):
        told = daremo("trust", "notice", *verb, "--json")
        assert told.code == 3 and "key-revoked" in json.dumps(told.json)
    assert (
        daremo(
            "trust", "notice", "keys", "city.mihon.example", "-o", tmp_path / "r", "--from", "2026-01-01", "--rotate"
        ).code
        == 0
    )
    keys = json.loads((tmp_path / "r" / "keys.json").read_text(encoding="utf-8"))
    # a thief could have handed on too, so the new key stands on its own
    assert [k["revoked"] for k in keys] == [True, False] and keys[1]["endorsed"] == ""
    assert daremo("trust", "notice", "snapshot", tmp_path / "r", "-o", tmp_path / "s").code == 0
    told = daremo("trust", "check", "--text", TEXT, "--registry", tmp_path / "s", "--json").json
    assert told["verdict"] == "unknown" and told["reasons"][0]["code"] == "signature-fails"
    # who still pins the old key is told, not misled
    assert daremo("trust", "check", "--text", TEXT, "--registry", tmp_path / "s", "--key", first).code == 3
    again = daremo("trust", "notice", "register", tmp_path / "draft.json", "--registry", tmp_path / "r", "--json")
    assert again.code == 0
    assert daremo("trust", "notice", "snapshot", tmp_path / "r", "-o", tmp_path / "s").code == 0
    told = daremo("trust", "check", "--text", TEXT, "--registry", tmp_path / "s", "--json").json
    assert told["verdict"] == "official"
    # that it was revoked stands in the journal, why does not stand in the leaf
    out = tmp_path / "j"
    assert (
        daremo(
            "audit", "export", tmp_path / "r" / "journal.sqlite", "--key", tmp_path / "r" / "keys.txt", "-o", out
        ).code
        == 0
    )
    assert '"kind":"key-revoked"' in out.read_text(encoding="utf-8") and "棒" not in out.read_text(encoding="utf-8")


def test_a_snapshot_sealed_by_a_key_that_it_calls_revoked_is_refused():
    from daremo.trust.notices.registry import BadSnapshot, write_snapshot
    from tests.trust.notices.town import DAY, SIGNER, registry

    book = registry(3)
    assert read_snapshot(write_snapshot(book, SIGNER, DAY, "2036-01-01"), [SIGNER.public])
    book.keys = tuple(replace(k, revoked=True) for k in book.keys)
    for known in ([SIGNER.public], []):
        with pytest.raises(BadSnapshot):
            read_snapshot(write_snapshot(book, SIGNER, DAY, "2036-01-01"), known)


def test_a_notice_that_replaces_another_takes_it_back(daremo, tmp_path: Path):
    made = _made(daremo, tmp_path)
    draft = DRAFT | {"text": TEXT.replace("18", "20"), "supersedes": made["code"]}
    (tmp_path / "d2.json").write_text(json.dumps(draft), encoding="utf-8")
    assert daremo("trust", "notice", "register", tmp_path / "d2.json", "--registry", tmp_path / "r").code == 0
    assert daremo("trust", "notice", "snapshot", tmp_path / "r", "-o", tmp_path / "s").code == 0
    told = daremo("trust", "check", "--text", TEXT, "--registry", tmp_path / "s", "--json").json
    assert told["verdict"] == "unknown" and told["reasons"][0]["code"] == "replaced"


def test_the_qr_is_drawn_and_its_payload_holds(daremo, tmp_path: Path):
    _made(daremo, tmp_path)
    for name, begin in (("q.svg", b"<?xml"), ("q.png", b"\x89PNG")):
        told = daremo(
            "trust",
            "notice",
            "qr",
            tmp_path / "r",
            "-o",
            tmp_path / name,
            "--prefix",
            "HTTPS://CITY.MIHON.EXAMPLE/G#",
            "--json",
        )
        assert told.code == 0 and (tmp_path / name).read_bytes().startswith(begin)
        keys = read_snapshot((tmp_path / "s").read_bytes()).public_keys
        assert qr.read(told.json["payload"], keys).title == "健康診断"


def test_a_mail_without_dns_answers_is_never_official(daremo, tmp_path: Path):
    _made(daremo, tmp_path)
    raw = f"From: info@city.mihon.example\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n{TEXT}\n"
    (tmp_path / "m.eml").write_text(raw, encoding="utf-8")
    told = daremo("trust", "check", tmp_path / "m.eml", "--registry", tmp_path / "s", "--json").json
    assert told["verdict"] == "unknown" and [r["code"] for r in told["reasons"]] == ["sender-not-asked", "published"]


def test_wrong_input_is_refused_in_words(daremo, tmp_path: Path):
    made = _made(daremo, tmp_path)
    (tmp_path / "bad.json").write_text(json.dumps(DRAFT | {"text": "https://bit.ly/x"}), encoding="utf-8")
    (tmp_path / "no.json").write_text("[", encoding="utf-8")
    (tmp_path / "s2").write_bytes((tmp_path / "s").read_bytes().replace("健康".encode(), "健在".encode()))
    register = ("trust", "notice", "register")
    for arguments in (
        (*register, tmp_path / "bad.json", "--registry", tmp_path / "r"), (*register, tmp_path / "no.json", "--registry", tmp_path / "r"),
        (*register, tmp_path / "draft.json", "--registry", tmp_path / "absent"), ("trust", "check", "--registry", tmp_path / "s"),
        ("trust", "check", "--text", "a", "--registry", tmp_path / "absent"), ("trust", "check", "--text", "a", "--registry", tmp_path / "s2"),
        ("trust", "check", tmp_path / "absent", "--registry", tmp_path / "s"), ("trust", "notice", "withdraw", "X", "--registry", tmp_path / "r"),
        ("trust", "check", "--text", "a", "--registry", tmp_path / "s", "--at", "x"),
    ):  # fmt: skip
        told = daremo(*arguments)
        assert told.code == 3 and "→" in told.err and "Traceback" not in told.err, arguments
    assert made["code"]


def test_a_notice_that_begins_before_its_key_is_refused_where_it_could_never_be_checked(daremo, tmp_path: Path):
    (tmp_path / "draft.json").write_text(json.dumps(DRAFT), encoding="utf-8")
    assert (
        daremo("trust", "notice", "keys", "city.mihon.example", "-o", tmp_path / "r", "--from", "2026-01-02").code == 0
    )
    told = daremo("trust", "notice", "register", tmp_path / "draft.json", "--registry", tmp_path / "r", "--json")
    assert told.code == 3 and "valid_from" in json.dumps(told.json)
