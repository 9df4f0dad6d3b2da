"""``daremo audit witness`` and ``cosign``: watch a neighbour's journal, and vouch that it only grew."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, INPUT, Voice, example, verb
from daremo.cli.trust.given import problem, text_of

if TYPE_CHECKING:
    from daremo.trust.keys import Signer
    from daremo.trust.log.witness import ForkSeen

MOST_BYTES = 1_000_000


@click.command(epilog=example("daremo audit witness tonari.example.lg.jp -o newwitness.pem"))
@click.argument("name")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="File of the private key to write.")
@verb
def witness(voice: Voice, name: str, out: Path) -> int:
    """Make the key with which NAME cosigns neighbours' checkpoints; give its public half to them."""
    import os

    from daremo.trust.keys import COSIGNATURE, BadKey, new_signer

    if out.exists():
        raise problem("witness-there", out.name)
    try:
        made = new_signer(name, secrets.token_bytes, COSIGNATURE)
    except BadKey as e:
        raise problem("bad-key-name", value=name) from e
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made.to_pem())
    voice.answer({"key": str(made.public), "file": str(out)})
    voice.say(voice(f"相手に渡す鍵:\n  {made.public}", f"Key for the neighbour:\n  {made.public}"))
    voice.say(
        voice(
            "次: 相手の設定 DAREMO_WITNESSES に、電話などで確かめて書いてもらう",
            "Next: have it written into the neighbour's DAREMO_WITNESSES, compared by telephone",
        )
    )
    return DONE


@click.command(
    epilog=example(
        "daremo audit cosign checkpoint.txt --key registry/keys.txt --witness witness.pem --seen seen.json -o cosigned.txt"
    )
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--key", "keys", multiple=True, required=True, metavar="KEY|FILE", help="The neighbour's public key.")
@click.option("--witness", "pem", required=True, type=click.Path(path_type=Path), help="Own key (`audit witness`).")
@click.option("--seen", required=True, type=click.Path(path_type=Path), help="What was seen before; made if absent.")
@click.option(
    "--growth", type=click.Path(path_type=Path),
    help="Proof of growth from the last one seen (growth.json?from=SIZE of the neighbour); not at first sight.",
)  # fmt: skip
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Cosigned checkpoint to write.")
@verb
def cosign(
    voice: Voice, checkpoint: Path, keys: tuple[str, ...], pem: Path, seen: Path, growth: Path | None, out: Path
) -> int:
    """Cosign CHECKPOINT where it goes on from the last one seen; a second history is refused and proved."""
    from daremo.cli.trust.audit import keys_of
    from daremo.kernel.errors import Conflict, TrustError
    from daremo.kernel.results import write_json, write_whole
    from daremo.trust.log.note import BadNote, parse, signed_by, with_signature
    from daremo.trust.log.witness import ForkSeen, Witness

    note, known, signer = text_of(checkpoint, "no-key-file", MOST_BYTES), keys_of(keys), _signer(pem)
    before = _seen(seen)
    proof, prefix = _growth(growth)
    try:
        state = parse(note)[0]
        key = next((k for k in known if signed_by(note, k)), known[0] if known else None)
        if key is None:
            raise problem("bad-public-key", ", ".join(keys))
        watcher = Witness(signer, before)
        line = watcher.cosign(note, key, proof, int(time.time()), prefix_root=prefix)
    except ForkSeen as e:
        return _forked(voice, e, out)
    except (BadNote, TrustError, Conflict) as e:
        raise problem(getattr(e, "code", "journal-not-signed"), checkpoint.name) from e
    longer = with_signature(note, line)
    write_whole(out, lambda p: None if p.write_text(longer, encoding="utf-8") else None)
    # only once the line is written is it remembered that this one was seen
    write_json(seen, watcher.seen)
    voice.answer(
        {"origin": state.origin, "size": state.size, "witness": signer.name, "line": line.line, "note": longer}
    )
    voice.say(
        voice(
            f"{state.origin} の{state.size:,}件までに立ち会いました: {out}",
            f"Witnessed {state.size:,} records of {state.origin}: {out}",
        )
    )
    voice.say(
        voice(
            f"次: curl --data-binary @{out} https://相手のサービス/genuine/log/cosignature",
            f"Next: curl --data-binary @{out} https://NEIGHBOUR/genuine/log/cosignature",
        )
    )
    return DONE


def _forked(voice: Voice, seen: ForkSeen, out: Path) -> int:
    """Write the proof; exit code 3."""
    from daremo.kernel.results import write_json
    from daremo.trust.problems import words

    fork = seen.fork
    told: dict[str, Any] = {
        "first": fork.first, "second": fork.second, "prefix_root": fork.prefix_root.hex(),
        "proof": [h.hex() for h in fork.proof],
    }  # fmt: skip
    write_json(out, told)
    voice.answer({"code": "journal-fork", "fork": told})
    what, fix = words("journal-fork")
    voice.say(voice(f"{what}。{fix}", "The journal forked: one key signed two histories."))
    voice.say(voice(f"証拠: {out}", f"Proof: {out}"))
    return INPUT


def _signer(pem: Path) -> Signer:
    from daremo.trust.keys import COSIGNATURE, BadKey, Signer

    try:
        found = Signer.from_pem(pem.read_bytes())
    except (OSError, BadKey) as e:
        raise problem("bad-private-key", pem.name) from e
    if found.kind != COSIGNATURE:
        raise problem("bad-private-key", pem.name)
    return found


def _seen(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        told = json.loads(text_of(path, "no-key-file", MOST_BYTES))
        return {str(origin): str(note) for origin, note in told.items()}
    except (ValueError, AttributeError) as e:
        raise problem("no-key-file", path.name) from e


def _growth(path: Path | None) -> tuple[list[bytes], bytes | None]:
    if path is None:
        return [], None
    try:
        told = json.loads(text_of(path, "no-key-file", MOST_BYTES))
        root = bytes.fromhex(told["from_root"]) if told.get("from_root") else None
        return [bytes.fromhex(h) for h in told["proof"]], root
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise problem("no-key-file", path.name) from e
