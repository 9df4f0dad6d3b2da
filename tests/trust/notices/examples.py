"""What the examples of ``daremo trust notice``, ``check`` and ``audit`` take for granted."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from daremo.trust.keys import COSIGNATURE, new_signer
from daremo.trust.log.journal import Journal
from daremo.trust.notices.model import notice_of
from daremo.trust.notices.register import register
from daremo.trust.notices.registry import write_snapshot
from daremo.trust.notices.shelf import new_keys

DRAFT = {
    "kind": "sms", "title": "健康診断のお知らせ", "department": "健康課", "valid_from": "2026-01-01", "valid_until": "2036-12-31",
    "text": "【みほん市】健康診断の受付は12月18日までです。くわしくは https://city.mihon.example/kenshin",
}  # fmt: skip


def _fresh(n: int) -> bytes:
    return hashlib.shake_256(b"example").digest(n)


def write_notices(home: Path) -> str:
    """A register with one notice, its snapshot, an export of its journal, a draft, something received; the notice's code."""
    from daremo.trust.log.export import export

    (home / "draft.json").write_text(json.dumps(DRAFT | {"title": "もう一つのお知らせ"}), encoding="utf-8")
    (home / "received.txt").write_text(DRAFT["text"].replace("12月18日", "本日"), encoding="utf-8")
    # made by an example that stands in two places
    (home / "newwitness.pem").unlink(missing_ok=True)
    if (home / "registry").is_dir():
        return ""
    # a register whose key is revoked by an example, so that the others keep theirs
    new_keys(home / "stolen", "city.mihon.example", "2026-01-01", _fresh)
    shelf = new_keys(home / "registry", "city.mihon.example", "2026-01-01", _fresh)
    journal, store = shelf.journal()
    assert isinstance(journal, Journal)
    entry = register(
        notice_of(DRAFT), shelf.issuer, shelf.signer(), journal, lambda c: False, 1_795_000_000_000, _fresh
    )
    shelf.entries.append(entry)
    shelf.save()
    note = journal.checkpoint(shelf.signer())
    (home / "checkpoint.txt").write_text(note, encoding="utf-8")
    (home / "witness.pem").write_bytes(new_signer("tonari.example.lg.jp", _fresh, COSIGNATURE).to_pem())
    (home / "journal.jsonl").write_bytes(b"".join(export(journal, [shelf.keys[0].key])))
    store.close()
    snapshot = write_snapshot(shelf.registry(note), shelf.signer(), "2026-01-01", "2036-12-31")
    (home / "notices.snapshot").write_bytes(snapshot)
    return entry.code
