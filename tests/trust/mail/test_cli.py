"""The verbs about mail, domains and badges, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daremo.cli.frame import DONE, INPUT, run
from daremo.cli.trust.credential import credential
from daremo.cli.trust.mail import mail
from daremo.cli.trust.posture import posture
from tests.trust.mail.examples import write_examples


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_examples(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_message_is_judged_with_records_and_unknown_without(home: Path, capsys: pytest.CaptureFixture[str]):
    assert run(mail, ["letter.eml", "--records", "dns.json", "--json", "-o", "out.json"]) == DONE
    told = _json(capsys)
    assert told["verdict"] == "proved" and told["proved_domain"] == "city.example.jp"
    assert json.loads((home / "out.json").read_text(encoding="utf-8")) == told
    assert run(mail, ["letter.eml", "--json"]) == DONE
    assert _json(capsys)["verdict"] == "unknown"
    assert run(mail, ["letter.eml", "--records", "dns.json", "--lang", "en"]) == DONE
    assert "proved that this message came from city.example.jp" in capsys.readouterr().out


def test_files_that_cannot_be_used_are_told_with_a_code(home: Path, capsys: pytest.CaptureFixture[str]):
    (home / "empty.eml").write_bytes(b"")
    (home / "bad.txt").write_text("one two three\n", encoding="utf-8")
    (home / "empty").mkdir()
    for command, arguments, code in (
        (mail, ["none.eml"], "no-mail-file"),
        (mail, ["empty.eml"], "mail-no-header"),
        (mail, ["letter.eml", "--records", "bad.txt"], "bad-records"),
        (mail, ["letter.eml", "--at", "soon"], "bad-date"),
        (posture, ["a.jp", "--records", "none.json"], "no-records-file"),
        (posture, ["a.jp", "--records", "dns.json", "--reports", "empty"], "no-report-folder"),
        (posture, ["a.jp", "--records", "dns.json", "--reports", "reports", "--own-ip", "x"], "bad-own-ip"),
        (credential, ["issue", "letter.eml", "--key", "issuer.pem", "-o", "x"], "bad-badge-file"),
        (credential, ["issue", "badge.json", "--key", "badge.json", "-o", "x"], "bad-key-file"),
        (credential, ["verify", "none"], "no-credential-file"),
        (credential, ["revoke", "list.json", "--key", "issuer.pem"], "nothing-to-revoke"),
        (credential, ["revoke", "badge.json", "--key", "issuer.pem", "--index", "1"], "bad-status-file"),
        (credential, ["revoke", "list.json", "--key", "issuer.pem", "--index", "999999"], "bad-status-file"),
    ):
        assert run(command, [*arguments, "--json"]) == INPUT, arguments
        assert _json(capsys)["error"]["code"] == code, arguments


def test_a_posture_names_the_next_safe_step_and_bad_reports(home: Path, capsys: pytest.CaptureFixture[str]):
    (home / "reports" / "laughs.xml").write_bytes(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    assert run(posture, ["city.example.jp", "--records", "dns.json", "--reports", "reports", "--json"]) == DONE
    told = _json(capsys)
    assert told["next_step"]["code"] == "go-quarantine" and told["reports"]["lost"] == 0
    assert [p["code"] for p in told["problems"]] == ["report-unsafe"]
    assert run(posture, ["city.example.jp", "--records", "dns.json", "--lang", "en"]) == DONE
    assert "First: Wait until reports" in capsys.readouterr().out


def test_a_badge_lives_from_issue_to_revocation(home: Path, capsys: pytest.CaptureFixture[str]):
    issue = ["issue", "badge.json", "--key", "issuer.pem", "--status-list", "list.json", "--index", "9", "-o", "made"]
    assert run(credential, [*issue, "--json"]) == DONE
    assert _json(capsys)["status"]["statusListIndex"] == "9"
    check = ["--status-list", "list.json", "--trust", "trusted.json", "--person", "高松 花子", "--json"]
    for name in ("made/badge.json", "made/badge.jwt"):
        assert run(credential, ["verify", name, *check]) == DONE
        told = _json(capsys)
        assert (told["verdict"], told["trusted"], told["named"]) == ("valid", True, True)
    assert "<svg" in (home / "made" / "badge.html").read_text(encoding="utf-8")
    assert (
        run(credential, ["revoke", "list.json", "--badge", "made/badge.json", "--key", "issuer.pem", "--json"]) == DONE
    )
    assert _json(capsys)["changed"] == [9]
    assert run(credential, ["verify", "made/badge.json", *check]) == INPUT
    assert _json(capsys)["verdict"] == "revoked"
    assert run(credential, ["revoke", "list.json", "--index", "9", "--undo", "--key", "issuer.pem", "--quiet"]) == DONE
    assert run(credential, ["verify", "made/badge.json", *check, "--quiet"]) == DONE


def test_a_key_and_a_list_are_made_where_absent_and_the_key_is_for_its_owner_only(home: Path):
    made = [
        "issue",
        "badge.json",
        "--key",
        "new.pem",
        "--status-list",
        "new.json",
        "--index",
        "0",
        "-o",
        "made",
        "--quiet",
    ]
    assert run(credential, made) == DONE
    assert (home / "new.pem").stat().st_mode & 0o077 == 0
    assert run(credential, ["verify", "made/badge.jwt", "--status-list", "new.json", "--quiet"]) == DONE
