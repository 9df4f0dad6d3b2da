"""``daremo trust notice``: make keys, register and sign an official message, write the snapshot that checks it offline."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.trust.check import JAPAN
from daremo.cli.trust.given import problem, text_of

if TYPE_CHECKING:
    from daremo.kernel.errors import InputError
    from daremo.trust.keys import Signer
    from daremo.trust.notices.model import BadNotice, Entry
    from daremo.trust.notices.shelf import Shelf

MOST_BYTES = 1_000_000


class Ordered(click.Group):
    """Subverbs in the order in which one needs them."""

    ORDER: ClassVar[tuple[str, ...]] = ("keys", "revoke", "register", "withdraw", "snapshot", "qr")

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.ORDER)


@click.group(cls=Ordered)
def notice() -> None:
    """Make keys, register and sign an official message, write the snapshot that checks it offline.

    REGISTRY is a folder: issuer.json (edit it: phone, domains, numbers), keys, notices, journal. key.pem in it is secret.
    """


def _passphrase(function: Any) -> Any:
    return click.option(
        "--passphrase-file", type=click.Path(path_type=Path), help="File with the passphrase of the private key."
    )(function)


@notice.command(epilog=example("daremo trust notice keys city.mihon.example -o newregistry"))
@click.argument("name")
@click.option("-o", "--out", "registry", required=True, type=click.Path(path_type=Path), help="Folder of the register.")
@click.option("--from", "since", metavar="DATE", help="First day on which the key signs (YYYY-MM-DD); default today.")
@click.option("--rotate", is_flag=True, help="The register has a key: make a new one, the old one signs no more.")
@_passphrase
@verb
def keys(voice: Voice, name: str, registry: Path, since: str | None, rotate: bool, passphrase_file: Path | None) -> int:
    """Make a signing key for NAME and a register for its notices."""
    from daremo.trust.keys import BadKey
    from daremo.trust.notices.model import BadNotice
    from daremo.trust.notices.shelf import new_keys

    if (registry / "keys.json").exists() and not rotate:
        raise problem("key-there", registry.name)
    if rotate and (registry / "key.pem").exists() and not _shelf(registry).keys[-1].revoked:
        # the old key hands on to the new one; where it is lost, take its file away and tell everybody the new key
        _opened(registry, passphrase_file)
    try:
        shelf = new_keys(registry, name, _day(since), secrets.token_bytes, _words(passphrase_file))
    except BadKey as e:
        raise problem("bad-key-name", value=name) from e
    except BadNotice as e:
        raise _refused(e, registry) from e
    public = str(shelf.keys[-1].key)
    voice.answer({"key": public, "registry": str(registry), "keys": len(shelf.keys)})
    voice.say(voice(f"公開する鍵（だれに見せてもよい）:\n  {public}", f"Public key (for everybody):\n  {public}"))
    voice.say(
        voice(
            f"秘密の鍵は {registry / 'key.pem'} です。写しを金庫に入れ、だれにも渡さないでください。",
            f"The private key is {registry / 'key.pem'}. Keep a copy in a safe, give it to nobody.",
        )
    )
    voice.say(voice(f"次: {registry / 'issuer.json'} に電話とサイトを書く", f"Next: edit {registry / 'issuer.json'}"))
    return DONE


@notice.command(epilog=example('daremo trust notice revoke 3f9642de --registry stolen --reason "stick lost"'))
@click.argument("kid")
@click.option("--registry", required=True, type=click.Path(path_type=Path), help="Folder of the register.")
@click.option("--reason", required=True, help="Why; kept in the journal where it can be erased.")
@verb
def revoke(voice: Voice, kid: str, registry: Path, reason: str) -> int:
    """Say that the key KID (8 letters, in keys.txt) is in other hands: nothing that it signed counts any more."""
    from daremo.trust.notices.model import BadNotice

    shelf, gone = _shelf(registry), kid.strip().lower()
    try:
        shelf.revoke(gone, _day(None), reason, _now_ms(), secrets.token_bytes)
    except BadNotice as e:
        raise problem("no-such-key", registry.name, value=kid) from e
    lost = [e.code for e in shelf.entries if e.kid == gone and not e.withdrawn]
    voice.answer({"key": gone, "revoked": True, "codes": lost, "needs_new_key": shelf.keys[-1].revoked})
    voice.say(
        voice(
            f"鍵 {gone} を取り消しました。この鍵で署名したお知らせ{len(lost):,}件は、もう「本物」と答えません。",
            f"Key {gone} revoked. The {len(lost):,} notices that it signed are no longer called official.",
        )
    )
    for code in lost:
        voice.say(f"  {code}")
    name = shelf.keys[0].key.name
    if shelf.keys[-1].revoked:
        step = f"daremo trust notice keys {name} -o {registry} --rotate"
        voice.say(voice(f"次: {step}（新しい鍵）", f"Next: {step} (a new key)"))
    voice.say(
        voice(
            f"そのあと: まだ正しいお知らせを register で出しなおし、daremo trust notice snapshot {registry} -o notices.snapshot"
            " を配る。新しい鍵は、広報紙と電話で知らせる。",
            f"Then register anew what still holds, hand out daremo trust notice snapshot {registry} -o notices.snapshot,"
            " and tell the new key by paper and telephone.",
        )
    )
    return DONE


@notice.command(epilog=example("daremo trust notice register draft.json --registry registry --json"))
@click.argument("draft", type=click.Path(path_type=Path))
@click.option("--registry", required=True, type=click.Path(path_type=Path), help="Folder of the register.")
@_passphrase
@verb
def register(voice: Voice, draft: Path, registry: Path, passphrase_file: Path | None) -> int:
    """Sign and log the message in DRAFT (JSON: kind, title, text, valid_from, valid_until …); say its code."""
    import json

    from daremo.trust.notices.model import BadNotice, notice_of
    from daremo.trust.notices.register import as_sent
    from daremo.trust.notices.register import register as add

    shelf, signer = _opened(registry, passphrase_file)
    text = text_of(draft, "no-draft", MOST_BYTES)
    try:
        made = notice_of(json.loads(text))
        replaced = next((n for n, e in enumerate(shelf.entries) if e.code == made.supersedes), -1)
        if made.supersedes and replaced < 0:
            raise BadNotice("supersedes", made.supersedes)
        journal, store = shelf.journal()
        try:
            codes = {e.code for e in shelf.entries}
            signs = shelf.keys[-1].signs_on
            entry = add(made, shelf.issuer, signer, journal, codes.__contains__, _now_ms(), secrets.token_bytes, signs)
            if replaced >= 0:
                shelf.entries[replaced] = _withdrawn(shelf, replaced, made.valid_from, entry.code)
        finally:
            store.close()
    except ValueError as e:
        raise _refused(e, draft) from e
    shelf.entries.append(entry)
    shelf.save()
    voice.answer({"code": entry.code, "index": entry.index, "text": as_sent(entry), "qr": _payload(entry, signer)})
    voice.say(voice("このまま送ってください:", "Send exactly this:"))
    voice.say()
    voice.say(as_sent(entry))
    voice.say()
    voice.say(
        voice(
            f"次: daremo trust notice snapshot {registry} -o notices.snapshot",
            f"Next: daremo trust notice snapshot {registry} -o notices.snapshot",
        )
    )
    return DONE


@notice.command(epilog=example("daremo trust notice withdraw HA4A-3FQZ-Y9 --registry registry"))
@click.argument("code")
@click.option("--registry", required=True, type=click.Path(path_type=Path), help="Folder of the register.")
@click.option("--from", "since", metavar="DATE", help="Day from which it no longer holds; default today.")
@verb
def withdraw(voice: Voice, code: str, registry: Path, since: str | None) -> int:
    """Take the notice with CODE back: whoever checks it is told so."""
    from daremo.trust.notices.code import read_code

    shelf = _shelf(registry)
    at = next((n for n, e in enumerate(shelf.entries) if e.code == read_code(code)), -1)
    if at < 0:
        raise problem("no-such-code", registry.name, value=code)
    shelf.entries[at] = _withdrawn(shelf, at, _day(since), "")
    shelf.save()
    voice.answer({"code": shelf.entries[at].code, "withdrawn": shelf.entries[at].withdrawn})
    voice.say(
        voice(
            "取り消しました。控え（snapshot）を作りなおして配ってください。",
            "Withdrawn. Write and hand out a new snapshot.",
        )
    )
    return DONE


@notice.command(epilog=example("daremo trust notice snapshot registry -o new.snapshot"))
@click.argument("registry", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option(
    "--days", default=31, show_default=True, type=click.IntRange(1, 3660), help="Days for which it may be used."
)
@_passphrase
@verb
def snapshot(voice: Voice, registry: Path, out: Path, days: int, passphrase_file: Path | None) -> int:
    """Sign a checkpoint of the journal and write all notices of REGISTRY as one file that checks them offline."""
    from daremo.kernel.results import write_whole
    from daremo.trust.notices.registry import write_snapshot

    shelf, signer = _opened(registry, passphrase_file)
    journal, store = shelf.journal()
    try:
        note = journal.checkpoint(signer)
    finally:
        store.close()
    today = date.fromisoformat(_day(None))
    made, until = today.isoformat(), (today + timedelta(days=days)).isoformat()
    data = write_snapshot(shelf.registry(note, made, until), signer, made, until)
    write_whole(out, lambda p: None if p.write_bytes(data) else None)
    voice.answer({"snapshot": str(out), "notices": len(shelf.entries), "until": until, "checkpoint": note})
    voice.say(
        voice(
            f"{len(shelf.entries):,}件のお知らせ。{until}まで使えます: {out}",
            f"{len(shelf.entries):,} notices, good until {until}: {out}",
        )
    )
    voice.say(
        voice(
            f"次: daremo trust check --text '…' --registry {out}",
            f"Next: daremo trust check --text '…' --registry {out}",
        )
    )
    return DONE


@notice.command(epilog=example("daremo trust notice qr registry -o qr.svg"))
@click.argument("registry", type=click.Path(path_type=Path))
@click.option("--code", help="Check code of the notice; default the last one registered.")
@click.option("--prefix", default="", help="Address of the check page, in capitals, put before the payload.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Picture to write (.svg or .png).")
@_passphrase
@verb
def qr(voice: Voice, registry: Path, code: str | None, prefix: str, out: Path, passphrase_file: Path | None) -> int:
    """Draw the QR of a notice; it can be checked with no network."""
    from daremo.kernel.errors import SetupError
    from daremo.kernel.results import write_whole
    from daremo.trust.notices.code import read_code
    from daremo.trust.problems import words

    try:
        import segno
    except ModuleNotFoundError as e:
        raise SetupError("no-segno", *words("no-segno")) from e
    shelf, signer = _opened(registry, passphrase_file)
    wanted = read_code(code) if code else ""
    entry = next((e for e in reversed(shelf.entries) if not code or e.code == wanted), None)
    if entry is None:
        raise problem("no-such-code", registry.name, value=code or "")
    text = _payload(entry, signer, prefix)
    kind = "png" if out.suffix.lower() == ".png" else "svg"
    write_whole(out, lambda p: segno.make(text, error="m").save(str(p), kind=kind, scale=4))
    voice.answer({"code": entry.code, "payload": text, "picture": str(out)})
    voice.say(voice(f"QRを描きました（{len(text)}文字）: {out}", f"QR drawn ({len(text)} characters): {out}"))
    return DONE


def _payload(entry: Entry, signer: Signer, prefix: str = "") -> str:
    from daremo.trust.notices.qr import BadQr, payload

    try:
        return payload(entry, signer, prefix)
    except BadQr as e:
        raise problem("qr-too-long", value=prefix) from e


def _withdrawn(shelf: Shelf, at: int, day: str, replaced_by: str) -> Entry:
    from daremo.trust.notices.register import withdraw as take_back

    journal, store = shelf.journal()
    try:
        return take_back(shelf.entries[at], journal, day, _now_ms(), secrets.token_bytes, replaced_by=replaced_by)
    finally:
        store.close()


def _shelf(registry: Path) -> Shelf:
    from daremo.trust.notices.model import BadNotice
    from daremo.trust.notices.shelf import open_shelf

    if not (registry / "keys.json").is_file():
        raise problem("no-registry", registry.name)
    try:
        return open_shelf(registry)
    except BadNotice as e:
        raise _refused(e, registry) from e


def _opened(registry: Path, passphrase_file: Path | None) -> tuple[Shelf, Signer]:
    from daremo.trust.keys import BadKey

    shelf = _shelf(registry)
    try:
        signer = shelf.signer(_words(passphrase_file))
    except (BadKey, OSError) as e:
        raise problem("bad-private-key", str(registry / "key.pem")) from e
    if signer.public != shelf.keys[-1].key:
        raise problem("bad-private-key", str(registry / "key.pem"))
    if shelf.keys[-1].revoked:
        raise problem("key-revoked", registry.name, value=signer.public.kid)
    return shelf, signer


def _words(file: Path | None) -> bytes | None:
    return None if file is None else text_of(file, "no-key-file", MOST_BYTES).strip().encode()


def _refused(error: ValueError | BadNotice, file: Path) -> InputError:
    from daremo.trust.notices.model import BadNotice

    if not isinstance(error, BadNotice):
        return problem("bad-notice", file.name, value=str(error))
    made = problem("bad-notice", file.name, value=str(error))
    made.problems = tuple(replace(p, column=error.field) for p in made.problems)
    return made


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _day(text: str | None) -> str:
    from daremo.trust.notices.model import BadNotice, day_of

    if text is None:
        return datetime.now(JAPAN).date().isoformat()
    try:
        return day_of(text)
    except BadNotice as e:
        raise problem("bad-date", value=text) from e
