"""``daremo audit``: the export is written, checked, and an alteration told with exit code 3."""

from __future__ import annotations

import json
from pathlib import Path

from daremo.trust.keys import PublicKey
from daremo.trust.log import note as notes
from daremo.trust.log.journal import Journal
from daremo.trust.log.sqlite import SQLite
from daremo.trust.log.store import Memory
from daremo.trust.log.witness import Fork, proves_fork
from tests.trust.log.journals import KEY


def _journal(folder: Path, leaves: list[bytes]) -> Path:
    store = SQLite(folder / "journal.sqlite")
    journal = Journal(store, KEY.name)
    journal.append_leaves(leaves)
    (folder / "note").write_text(journal.checkpoint(KEY), encoding="utf-8")
    store.close()
    (folder / "keys.txt").write_text(f"# desk\n{KEY.public}\n", encoding="utf-8")
    return folder / "journal.sqlite"


def test_an_export_is_written_and_found_whole_then_altered(daremo, tmp_path: Path):
    path = _journal(tmp_path, [b'{"n":1}', b'{"n":2}'])
    out = tmp_path / "journal.jsonl"
    assert daremo("audit", "export", path, "--key", tmp_path / "keys.txt", "-o", out).code == 0
    told = daremo("audit", "verify", out, "--key", str(KEY.public), "--json")
    assert told.code == 0 and told.json["unaltered"] and told.json["key_known"] and told.json["size"] == 2
    same = daremo("trust", "audit", "verify", out, "--json")
    assert same.code == 0 and same.json["key_known"] is False
    assert "別の道" in daremo("audit", "verify", out).out
    out.write_bytes(out.read_bytes().replace(b'{"n":2}}', b'{"n":3}}'))
    told = daremo("audit", "verify", out, "--key", tmp_path / "keys.txt", "--json")
    assert told.code == 3 and told.json["findings"][0]["record"] == 1
    assert "記録が書きかえられている" in daremo("audit", "verify", out).out
    assert "altered" in daremo("audit", "verify", out, "--lang", "en").out


def test_a_fork_is_proved_on_the_command_line(daremo, tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    _journal(old, [b'{"n":1}', b'{"n":2}'])
    path = _journal(new, [b'{"n":1}', b'{"n":9}', b'{"n":3}'])
    assert daremo("audit", "export", path, "--key", new / "keys.txt", "-o", new / "x.jsonl").code == 0
    told = daremo("audit", "verify", new / "x.jsonl", "--earlier", old / "note", "--json")
    assert told.code == 3 and told.json["findings"][0]["code"] == "forked"
    assert told.json["forks"][0]["first"] == (old / "note").read_text(encoding="utf-8")


def test_a_neighbour_cosigns_what_goes_on_and_proves_what_does_not(daremo, tmp_path: Path):
    store = SQLite(tmp_path / "j")
    journal = Journal(store, KEY.name)
    note, growth, seen, out = (tmp_path / name for name in ("note", "growth.json", "seen.json", "out"))
    made = daremo("audit", "witness", "tonari.example", "-o", tmp_path / "w.pem", "--json")
    assert made.code == 0 and (tmp_path / "w.pem").stat().st_mode & 0o077 == 0
    assert daremo("audit", "witness", "tonari.example", "-o", tmp_path / "w.pem").code == 3
    public = PublicKey.parse(made.json["key"])
    cosign = (
        "audit",
        "cosign",
        note,
        "--key",
        str(KEY.public),
        "--witness",
        tmp_path / "w.pem",
        "--seen",
        seen,
        "-o",
        out,
    )

    def state(*leaves: bytes) -> str:
        journal.append_leaves(leaves)
        text = journal.checkpoint(KEY)
        note.write_text(text, encoding="utf-8")
        return text

    state(b"{}", b"[]")
    first = daremo(*cosign, "--json")
    assert first.code == 0 and first.json["size"] == 2
    assert set(notes.witnessed_by(out.read_text(encoding="utf-8"), [public])) == {"tonari.example"}
    # no proof of growth: nothing is cosigned, and what was seen stays
    state(b"1", b"2", b"3")
    before = seen.read_text(encoding="utf-8")
    told = daremo(*cosign)
    assert told.code == 3 and "前に見た" in told.err and seen.read_text(encoding="utf-8") == before
    growth.write_text(
        json.dumps({"proof": [h.hex() for h in journal.prove_growth(2)], "from_root": journal.root(2).hex()})
    )
    assert daremo(*cosign, "--growth", growth).code == 0
    # another history of the same size under the same key
    other = Journal(Memory(), KEY.name)
    other.append_leaves([b"{}", b"[]", b"1", b"2", b"9"])
    note.write_text(other.checkpoint(KEY), encoding="utf-8")
    told = daremo(*cosign, "--json")
    assert told.code == 3 and told.json["code"] == "journal-fork"
    fork = json.loads(out.read_text(encoding="utf-8"))
    assert proves_fork(
        Fork(
            fork["first"], fork["second"], bytes.fromhex(fork["prefix_root"]), tuple(map(bytes.fromhex, fork["proof"]))
        ),
        KEY.public,
    )
    note.write_text("x", encoding="utf-8")
    assert daremo(*cosign).code == 3
    store.close()


def test_what_is_missing_or_no_key_is_told_in_words(daremo, tmp_path: Path):
    for arguments in (
        ("verify", tmp_path / "absent"),
        ("verify", tmp_path / "absent", "--key", "a+b"),
        ("export", tmp_path / "absent", "--key", str(KEY.public), "-o", tmp_path / "x"),
    ):
        told = daremo("audit", *arguments)
        assert told.code == 3 and "→" in told.err and "Traceback" not in told.err
