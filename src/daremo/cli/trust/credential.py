"""``daremo trust credential``: issue, verify and revoke badges."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, INPUT, Voice, example, verb
from daremo.cli.trust.given import problem, text_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MOST_BYTES = 20_000_000


@click.group()
def credential() -> None:
    """Issue, verify and revoke badges, qualifications and attendance as credentials, always with a copy on paper."""


@credential.command(
    epilog=example(
        "daremo trust credential issue badge.json --key issuer.pem --status-list list.json --index 7 -o badges --json"
    )
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--key", "key_file", required=True, type=click.Path(path_type=Path), help="Ed25519 key (PEM); made where absent."
)
@click.option("--issuer", default="", metavar="DID", help="did:web of the issuer; without it the did:key of the key.")
@click.option(
    "--status-list",
    type=click.Path(path_type=Path),
    help="File of the status list; made where absent (needs list_url in FILE).",
)
@click.option("--index", type=click.IntRange(0), help="Number in the status list, never used twice.")
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for badge, token and paper copy."
)
@verb
def issue(
    voice: Voice, file: Path, key_file: Path, issuer: str, status_list: Path | None, index: int | None, out: Path
) -> int:
    """Issue the badge described in FILE: JSON with kind (skill, qualification, attendance), name, description, criteria,
    issuer_name; optional person, until (YYYY-MM-DD), start, end, role, tags, issuer_phone, issuer_url, list_url.

    Writes badge.json (with its proof), badge.jwt (the token) and badge.html (to print, with a QR code that holds it all).
    """
    from daremo.kernel.results import write_json, write_whole
    from daremo.trust.credentials import badge as badges
    from daremo.trust.credentials import did, paper
    from daremo.trust.credentials.model import BadCredential
    from daremo.trust.credentials.times import stamp

    asked = _json(file, "bad-badge-file")
    key = _key(key_file, make=True)
    who = issuer or did.did_key(key.public_key())
    method = did.method_of(key.public_key(), who)
    now = time.time()
    address = str(asked.get("list_url", ""))
    if index is not None:
        address = _listed(status_list, address, who, key, method, now)
    try:
        document = badges.badge(
            f"urn:uuid:{uuid.uuid4()}",
            badges.Issuer(who, asked["issuer_name"], asked.get("issuer_phone", ""), asked.get("issuer_url", "")),
            badges.Achievement(
                str(asked.get("achievement_id") or f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, who + asked['name'])}"),
                asked["kind"],
                asked["name"],
                asked["description"],
                asked["criteria"],
                tuple(asked.get("tags", ())),
                asked.get("lang", "ja"),
            ),
            f"urn:uuid:{uuid.uuid4()}",
            stamp(now),
            until=_end(asked.get("until", "")),
            name=asked.get("person", ""),
            salt=secrets.token_urlsafe(12),
            status_list=address,
            index=index,
            start=asked.get("start", ""),
            end=asked.get("end", ""),
            role=asked.get("role", ""),
        )
        made = badges.issue(document, key, method, stamp(now))
        page = paper.page(
            made.document, made.token, person=asked.get("person", ""), check_at=asked.get("issuer_phone", "")
        )
    except (KeyError, TypeError, ValueError) as e:
        detail = f"{e.code} {e.where}" if isinstance(e, BadCredential) else str(e)
        raise problem("bad-badge-file", file.name, value=detail) from e
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "badge.json", made.document)
    write_whole(out / "badge.jwt", lambda p: _put(p, made.token + "\n"))
    write_whole(out / "badge.html", lambda p: _put(p, page))
    told = {
        "id": made.document["id"],
        "issuer": who,
        "method": method,
        "status": document.get("credentialStatus"),
        "token_bytes": len(made.token),
        "files": [str(out / n) for n in ("badge.json", "badge.jwt", "badge.html")],
    }
    voice.answer(told)
    voice.say(
        voice(
            f"{asked['name']} を発行しました。{out}/badge.html を印刷して渡してください（QRに署名つきの全部が入っています）。",
            f"Issued {asked['name']}. Print {out}/badge.html: its QR code holds the whole signed badge.",
        )
    )
    return DONE


@credential.command(
    epilog=example("daremo trust credential verify badge.jwt --status-list list.json --trust trusted.json --json")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--status-list", multiple=True, type=click.Path(path_type=Path), help="Status list of the issuer.")
@click.option(
    "--trust",
    "trust_file",
    type=click.Path(path_type=Path),
    help="JSON: trusted (DIDs whose badges count) and documents (DID documents of did:web issuers).",
)
@click.option("--person", default="", help="Name of the person who shows it, to compare.")
@verb
def verify(voice: Voice, file: Path, status_list: tuple[Path, ...], trust_file: Path | None, person: str) -> int:
    """Verify a badge FILE (badge.json, badge.jwt, or an SD-JWT) offline; exit code 3 unless it is valid."""
    from daremo.trust.credentials.verify import verify as judged

    text = text_of(file, "no-credential-file", MOST_BYTES)
    known = _json(trust_file, "bad-trust-file") if trust_file else {}
    if "~" in text and not text.lstrip().startswith("{"):
        return _sd_jwt(voice, text.strip(), known)
    lists = {str(d.get("id")): d for d in (_json(p, "bad-status-file") for p in status_list)}
    found = judged(
        text,
        time.time(),
        documents=known.get("documents", {}),
        lists=lists,
        trusted=tuple(known.get("trusted", ())),
        name=person,
    )
    voice.answer(found.as_dict(voice.lang))
    for line in found.words(voice.lang):
        voice.say(line)
    if found.name:
        voice.say(
            f"{found.name} / {found.issuer_name or found.issuer} / {found.valid_from[:10]} – {found.valid_until[:10]}"
        )
    return DONE if found.verdict == "valid" else INPUT


def _sd_jwt(voice: Voice, text: str, known: dict[str, Any]) -> int:
    from daremo.trust.credentials.integrity import BadProof
    from daremo.trust.credentials.jose import read_sd_jwt
    from daremo.trust.credentials.verify import Verified

    try:
        read = read_sd_jwt(text, documents=known.get("documents", {}))
    except BadProof as e:
        failed = Verified("unknown" if e.code == "unknown-key" else "invalid", e.code, e.detail)
        voice.answer(failed.as_dict(voice.lang))
        for line in failed.words(voice.lang):
            voice.say(line)
        return INPUT
    issuer = read.method.partition("#")[0]
    claims = read.claims
    late = isinstance(claims.get("exp"), int | float) and claims["exp"] < time.time()
    verdict = "expired" if late else "valid"
    voice.answer(
        {
            "verdict": verdict,
            "issuer": issuer,
            "trusted": issuer in known.get("trusted", ()),
            "claims": claims,
            "disclosed": list(read.disclosed),
            "holder_bound": read.bound,
        }
    )
    voice.say(voice(f"SD-JWT（発行 {issuer}）: {verdict}", f"SD-JWT of {issuer}: {verdict}"))
    for name, value in claims.items():
        voice.say(f"  {name}: {value}")
    return INPUT if late else DONE


@credential.command(epilog=example("daremo trust credential revoke list.json --index 7 --key issuer.pem --json"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--index", multiple=True, type=click.IntRange(0), help="Number in the list.")
@click.option("--badge", multiple=True, type=click.Path(path_type=Path), help="Badge (badge.json) whose number it is.")
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path), help="Key that signed the list.")
@click.option("--undo", is_flag=True, help="Take a revocation back.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the new list here instead of over FILE.")
@verb
def revoke(
    voice: Voice,
    file: Path,
    index: tuple[int, ...],
    badge: tuple[Path, ...],
    key_file: Path,
    undo: bool,
    out: Path | None,
) -> int:
    """Revoke badges in the status list FILE and sign it anew; publish the new file at its address."""
    from daremo.kernel.results import write_json
    from daremo.trust.credentials import did, status
    from daremo.trust.credentials.integrity import BadProof, add_proof, verify_proofs
    from daremo.trust.credentials.model import BadCredential
    from daremo.trust.credentials.times import stamp

    document = _json(file, "bad-status-file")
    key = _key(key_file)
    issuer = str(document.get("issuer", ""))
    method = did.method_of(key.public_key(), issuer)
    known = {issuer: did.document(issuer, [key.public_key()])}
    numbers = [*index, *(_number(p, str(document.get("id"))) for p in badge)]
    if not numbers:
        raise problem("nothing-to-revoke", file.name)
    now = time.time()
    try:
        verify_proofs(document, now, documents=known, issuer=issuer)
        purpose = str(document["credentialSubject"]["statusPurpose"])
        bits = status.with_bits(status.bits_of(document, purpose), numbers, not undo)
    except (BadProof, BadCredential, KeyError, TypeError) as e:
        raise problem("bad-status-file", file.name, value=str(e)) from e
    fresh = status.list_credential(issuer, document["id"], stamp(now), bits, purpose=purpose)
    write_json(out or file, add_proof(fresh, key, method, stamp(now)))
    count = sum(b.bit_count() for b in bits)
    voice.answer(
        {"list": document["id"], "changed": numbers, "revoked": not undo, "total": count, "file": str(out or file)}
    )
    shown = "、".join(map(str, numbers))
    voice.say(
        voice(
            f"{shown} を{'元に戻し' if undo else '取り消し'}ました（取り消しは全部で{count}件）。{out or file} を公開してください。",
            f"{'Restored' if undo else 'Revoked'} {shown} ({count} revoked in all). Publish {out or file}.",
        )
    )
    return DONE


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _json(path: Path, code: str) -> dict[str, Any]:
    try:
        found = json.loads(text_of(path, code, MOST_BYTES))
    except (ValueError, RecursionError) as e:
        raise problem(code, path.name, value=str(e)) from e
    if not isinstance(found, dict):
        raise problem(code, path.name)
    return found


def _key(path: Path, *, make: bool = False) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from daremo.trust.credentials import did

    if make and not path.exists():
        key = Ed25519PrivateKey.generate()
        path.touch(mode=0o600)
        _put(path, did.private_pem(key))
        return key
    try:
        return did.load_private(text_of(path, "bad-key-file", 100_000))
    except did.BadKey as e:
        raise problem("bad-key-file", path.name, value=str(e)) from e


def _end(text: str) -> str:
    """The last second of the last day, Japan time."""
    return f"{datetime.fromisoformat(text).replace(tzinfo=UTC):%Y-%m-%d}T23:59:59+09:00" if text else ""


def _listed(path: Path | None, address: str, who: str, key: Ed25519PrivateKey, method: str, now: float) -> str:
    """Address of the status list; the file is made where it is absent."""
    from daremo.kernel.results import write_json
    from daremo.trust.credentials import status
    from daremo.trust.credentials.integrity import add_proof
    from daremo.trust.credentials.model import is_url
    from daremo.trust.credentials.times import stamp

    if path is not None and path.exists():
        return str(_json(path, "bad-status-file").get("id", ""))
    if not is_url(address):
        raise problem("no-list-url", value=address)
    if path is not None:
        write_json(path, add_proof(status.list_credential(who, address, stamp(now)), key, method, stamp(now)))
    return address


def _number(path: Path, address: str) -> int:
    entry: Any = _json(path, "no-credential-file").get("credentialStatus", {})
    if not isinstance(entry, Mapping) or entry.get("statusListCredential") != address:
        raise problem("other-status-list", path.name)
    return int(entry["statusListIndex"])
