"""A register in a folder, for making everything by hand: issuer, keys, notices, journal. A service keeps them in its database.

``issuer.json`` who speaks · ``keys.json`` public keys and their days · ``keys.txt`` the same, one a line, for others ·
``key.pem`` the private key in use (not for others) · ``notices.jsonl`` entries · ``journal.sqlite`` the journal.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from daremo.kernel.results import write_json, write_whole
from daremo.trust.keys import BadKey, Fresh, Signer, new_signer
from daremo.trust.log.journal import CHECKPOINT, Journal
from daremo.trust.log.note import parse
from daremo.trust.log.record import Event
from daremo.trust.log.sqlite import SQLite
from daremo.trust.notices.model import BadNotice, Entry, Issuer, issuer_of
from daremo.trust.notices.registry import IssuerKey, Registry, endorse


@dataclass
class Shelf:
    """What the folder holds.

    Attributes
    ----------
    folder : Path
    issuer : Issuer
    keys : list of IssuerKey
        The last one is in use.
    entries : list of Entry
    """

    folder: Path
    issuer: Issuer
    keys: list[IssuerKey]
    entries: list[Entry]

    def journal(self) -> tuple[Journal, SQLite]:
        """The journal, and its store to be closed."""
        store = SQLite(self.folder / "journal.sqlite")
        return Journal(store, self.keys[0].key.name), store

    def signer(self, passphrase: bytes | None = None) -> Signer:
        """The private key in use.

        Raises
        ------
        BadKey
        OSError
        """
        return Signer.from_pem((self.folder / "key.pem").read_bytes(), passphrase)

    def revoke(self, kid: str, day: str, reason: str, at_ms: int, fresh: Fresh) -> None:
        """Say that a key fell into other hands, and log it; nothing that it ever signed counts any more.

        Parameters
        ----------
        kid : str
            Number of the key (8 hexadecimal letters).
        day : str
            Today's date (YYYY-MM-DD).
        reason : str
            Goes into the erasable part of the record.
        at_ms : int, milliseconds since 1970 UTC
        fresh : callable
            Random bytes for the journal.

        Raises
        ------
        BadNotice
            ``key`` where there is no such key that still counts.
        """
        if not any(k.key.kid == kid and not k.revoked for k in self.keys):
            raise BadNotice("key", kid)
        journal, store = self.journal()
        try:
            event = Event("notices", "key-revoked", {"day": day, "key": kid}, {"reason": reason})
            journal.append([event], at_ms, fresh)
        finally:
            store.close()
        self.keys = [replace(k, revoked=True) if k.key.kid == kid else k for k in self.keys]
        self.save()

    def save(self) -> None:
        """Write issuer, keys and notices, each whole or not at all."""
        write_json(self.folder / "issuer.json", asdict(self.issuer))
        write_json(self.folder / "keys.json", [k.as_dict() for k in self.keys])
        lines = "".join(f"{k.key}\n" for k in self.keys if not k.revoked)
        write_whole(self.folder / "keys.txt", lambda p: _put(p, lines))
        text = "".join(json.dumps(e.as_dict(), ensure_ascii=False, sort_keys=True) + "\n" for e in self.entries)
        write_whole(self.folder / "notices.jsonl", lambda p: _put(p, text))

    def registry(self, note: str, made: str = "", until: str = "") -> Registry:
        """The registry at a checkpoint of the journal; proofs are read from the journal once."""
        journal, store = self.journal()
        try:
            size = parse(note)[0].size
            proofs = [journal.prove(e.index, size) for e in self.entries]
        finally:
            store.close()
        return Registry.of(
            self.issuer, self.keys, self.entries, proofs.__getitem__, checkpoint=note, made=made, until=until
        )


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _put_secret(path: Path, data: bytes) -> None:
    """Write a file that at no moment anybody else can read."""
    beside = path.with_name(".key.pem")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)
    beside.replace(path)


def new_keys(folder: Path, name: str, day: str, fresh: Fresh, passphrase: bytes | None = None) -> Shelf:
    """Make a register, or give the one there a new key from a day on; the old key then signs no more.

    Raises
    ------
    BadKey
        Where the name cannot be one of a key.
    BadNotice
        Where the register there is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    signer = new_signer(name, fresh)
    if (folder / "keys.json").exists():
        shelf = open_shelf(folder)
        old = shelf.keys[-1]
        # without the old private key, or where a thief has it too, the new one stands alone, and everybody has to be told
        hands_on = (folder / "key.pem").exists() and not old.revoked
        handed = endorse(shelf.signer(passphrase), signer.public, day) if hands_on else ""
        now = IssuerKey(signer.public, day, endorsed=handed)
        shelf.keys = [*shelf.keys[:-1], replace(old, until=max(day, old.since)), now]
    else:
        issuer = Issuer(name, "", (name,), (), (), (name,)) if "." in name else Issuer(name)
        shelf = Shelf(folder, issuer, [IssuerKey(signer.public, day)], [])
        if (folder / "issuer.json").exists():
            shelf.issuer = issuer_of(_json(folder / "issuer.json"))
    _put_secret(folder / "key.pem", signer.to_pem(passphrase))
    shelf.save()
    return shelf


def open_shelf(folder: Path) -> Shelf:
    """Read a register.

    Raises
    ------
    BadNotice
        ``issuer``, ``keys`` or ``notices`` where that file cannot be used.
    """
    try:
        issuer = issuer_of(_json(folder / "issuer.json"))
    except OSError as e:
        raise BadNotice("issuer.json", "missing") from e
    try:
        told: list[dict[str, Any]] = _json(folder / "keys.json")
        keys = [IssuerKey.from_dict(k) for k in told]
        keys[-1].signs_on("")
    except (OSError, KeyError, TypeError, IndexError, BadKey) as e:
        raise BadNotice("keys.json", str(e)) from e
    entries = []
    path = folder / "notices.jsonl"
    if path.exists():
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                entries.append(Entry.from_dict(json.loads(line)))
            except (ValueError, BadNotice) as e:
                raise BadNotice("notices.jsonl", f"line {n}") from e
    return Shelf(folder, issuer, keys, entries)


def last_checkpoint(journal: Journal) -> str:
    """The journal's last signed note, or ""."""
    kept = journal.store.kept(CHECKPOINT)
    return kept[-1][1] if kept else ""


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as e:
        raise BadNotice(path.name, "not JSON") from e
