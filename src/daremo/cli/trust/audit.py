"""``daremo audit``: prove that nothing in an exported journal was altered; write such an export."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from daremo.cli.frame import DONE, INPUT, Voice, example, verb
from daremo.cli.text import table
from daremo.cli.trust.given import problem
from daremo.cli.trust.witness import cosign, witness

if TYPE_CHECKING:
    from daremo.trust.keys import PublicKey
    from daremo.trust.log.audit import Audit

#: Findings shown to a person; ``--json`` has more.
SHOWN = 12
MOST_KEYS_BYTES = 1_000_000


class Ordered(click.Group):
    """Subverbs in the order in which one needs them."""

    ORDER: ClassVar[tuple[str, ...]] = ("verify", "export", "witness", "cosign")

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.ORDER)


@click.group(cls=Ordered)
def audit() -> None:
    """Prove that nothing in an exported journal was altered; watch a neighbour's. No network is needed."""


audit.add_command(witness)
audit.add_command(cosign)


@audit.command(epilog=example("daremo audit verify journal.jsonl --key registry/keys.txt --json"))
@click.argument("export", type=click.Path(path_type=Path))
@click.option(
    "--key", "keys", multiple=True, metavar="KEY|FILE",
    help="Public key of the journal or of a witness, from another way than the export; or a file, one a line.",
)  # fmt: skip
@click.option(
    "--earlier", multiple=True, type=click.Path(path_type=Path),
    help="Checkpoint seen before: the export must go on from it. A contradiction is proved.",
)  # fmt: skip
@click.option(
    "--witnesses", default=0, show_default=True, type=click.IntRange(0),
    help="Known witnesses that must have cosigned.",
)  # fmt: skip
@click.option(
    "--authority", multiple=True, type=click.Path(path_type=Path),
    help="Root certificate (PEM) of a time-stamp authority; without it time-stamps are shown, not checked.",
)  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the result as JSON.")
@verb
def verify(
    voice: Voice, export: Path, keys: tuple[str, ...], earlier: tuple[Path, ...], witnesses: int,
    authority: tuple[Path, ...], out: Path | None,
) -> int:  # fmt: skip
    """Check EXPORT: every record, every checkpoint, every time-stamp. An altered record is named. Exit code 3 if so."""
    from daremo.kernel.results import write_json
    from daremo.trust.log.audit import audit as check
    from daremo.trust.log.fork import fork_of

    known = keys_of(keys)
    notes = [_text(path) for path in earlier]
    roots = [_text(path).encode() for path in authority]
    try:
        with export.open("rb") as stream:
            found = check(
                stream, known, earlier=notes, least_witnesses=witnesses, authorities=roots, progress=voice.progress()
            )
        if any(f.code == "forked" for f in found.findings):
            for note in notes:
                with export.open("rb") as stream:
                    fork = fork_of(stream, note)
                if fork is not None:
                    found.forks.append(fork)
    except OSError as e:
        raise problem("no-export", export.name) from e
    voice.hush()
    told = found.as_dict()
    if out is not None:
        write_json(out, told)
    voice.answer(told)
    _show(voice, found)
    return DONE if found.unaltered else INPUT


@audit.command(
    "export", epilog=example("daremo audit export registry/journal.sqlite --key registry/keys.txt -o journal.jsonl")
)
@click.argument("journal", type=click.Path(path_type=Path))
@click.option("--key", "keys", multiple=True, required=True, metavar="KEY|FILE", help="Public keys to write into it.")
@click.option("--personal", is_flag=True, help="Personal parts that were not erased go along.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="File to write (JSON Lines).")
@verb
def export_(voice: Voice, journal: Path, keys: tuple[str, ...], personal: bool, out: Path) -> int:
    """Write the records of JOURNAL up to its last checkpoint as one file for an auditor."""
    from daremo.kernel.results import write_whole
    from daremo.trust.log.export import NoCheckpoint
    from daremo.trust.log.export import export as lines
    from daremo.trust.log.journal import CHECKPOINT, Journal
    from daremo.trust.log.note import parse
    from daremo.trust.log.sqlite import SQLite

    if not journal.is_file():
        raise problem("no-journal", journal.name)
    known = keys_of(keys)
    store = SQLite(journal)
    try:
        kept = store.kept(CHECKPOINT)
        if not kept:
            raise problem("journal-no-checkpoint", journal.name)
        book = Journal(store, parse(kept[-1][1])[0].origin)

        def fill(path: Path) -> None:
            with path.open("wb") as stream:
                stream.writelines(lines(book, known, personal=personal, progress=voice.progress()))

        write_whole(out, fill)
    except NoCheckpoint as e:
        raise problem("journal-no-checkpoint", journal.name) from e
    finally:
        store.close()
    voice.hush()
    voice.answer({"origin": book.origin, "size": kept[-1][0], "personal": personal, "export": str(out)})
    voice.say(voice(f"{kept[-1][0]:,}件を書き出しました: {out}", f"{kept[-1][0]:,} records written: {out}"))
    voice.say(voice(f"次: daremo audit verify {out}", f"Next: daremo audit verify {out}"))
    return DONE


def keys_of(given: tuple[str, ...]) -> list[PublicKey]:
    """Public keys given as text or as files with one a line."""
    from daremo.trust.keys import BadKey, PublicKey

    found = []
    for each in given:
        path = Path(each)
        lines = [each] if "+" in each and not path.is_file() else _text(path).splitlines()
        for n, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                try:
                    found.append(PublicKey.parse(line))
                except BadKey as e:
                    raise problem("bad-public-key", path.name, row=n, value=line) from e
    return found


def _text(path: Path) -> str:
    from daremo.cli.trust.given import text_of

    return text_of(path, "no-key-file", MOST_KEYS_BYTES)


def _show(voice: Voice, found: Audit) -> None:
    from daremo.kernel.tables import rows_of

    words = {r["code"]: voice(r["ja"], r["en"]) for r in rows_of("daremo.trust", "audit_findings")}
    if found.unaltered:
        voice.say(
            voice(
                f"書きかえは見つかりませんでした。{found.origin} の {found.size:,}件すべてが、署名された全体と合います。",
                f"Nothing was altered: all {found.size:,} records of {found.origin} fit the signed root.",
            )
        )
    else:
        voice.say(voice(f"合わないところが {found.found:,}か所あります。", f"{found.found:,} things do not fit."))
        head = voice("なに,記録,行,くわしく", "what,record,line,detail").split(",")
        rows = [
            [
                words[f.code],
                "-" if f.record is None else str(f.record),
                "-" if f.line is None else str(f.line),
                f.detail or "-",
            ]
            for f in found.findings[:SHOWN]
        ]
        for line in table(head, rows, right=(1, 2), widest=60):
            voice.say(line)
    if found.key and not found.key_known:
        voice.say(
            voice(
                f"鍵はこのファイルに書かれていたものです。市の鍵かどうかを別の道で確かめ、--key で渡してください:\n  {found.key}",
                f"The key was taken from this file. Compare it another way and hand it in with --key:\n  {found.key}",
            )
        )
    for name, at_s in found.witnesses.items():
        when = datetime.fromtimestamp(at_s, UTC).isoformat()
        voice.say(voice(f"立会人: {name}（{when}）", f"Witness: {name} ({when})"))
    for stamp in found.stamps:
        holds = {
            True: voice("確かめました", "holds"),
            False: voice("合いません", "does not hold"),
            None: voice("確かめていません（--authority）", "not checked (--authority)"),
        }
        at, by = stamp["at"], stamp["authority"] or "?"
        test = voice("（試験用）", " (for tests)") if stamp["test"] else ""
        voice.say(
            voice(
                f"時刻の印 {stamp['size']:,}件まで {at} {by}{test}: ",
                f"Time-stamp up to {stamp['size']:,} at {at} by {by}{test}: ",
            )
            + holds[stamp["holds"]]
        )
