"""Outside witnesses of the log: time-stamps (RFC 3161) of its checkpoints, and neighbours' cosignatures.

The worker asks for a time-stamp (`stamp`); where the authority is absent nothing waits for it, the page says how many
records are in arrears, and the next turn asks again. Practice and development have a test authority of their own.
"""

from __future__ import annotations

import base64
import http.client
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from daremo.trust import timestamp
from daremo.trust.keys import PublicKey
from daremo.trust.log import note as notes
from daremo.trust.log.journal import CHECKPOINT, STAMP, Authority
from daremo.web.apps.genuine import keys, ledger, services
from daremo.web.apps.genuine.models import Note
from daremo.web.apps.journal.act import Act

log = logging.getLogger("daremo.stamps")

#: A time-stamp is asked for this often while the log grows.
EVERY = timedelta(hours=1)
TIMEOUT_S = 10
TEST_FILE = "tsa-test.pem"
MOST_NOTE_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Stamped:
    """A time-stamp as a page tells it.

    Attributes
    ----------
    at : datetime
        As the authority states it.
    authority : str
        Its name in the settings, else in its certificate.
    test : bool
        Whether it is of a test authority.
    holds : bool or None
        Whether it verifies; None where its root certificates are not known here.
    """

    at: datetime
    authority: str
    test: bool
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint with what others said of it: the longest note, witnesses with their times, time-stamps."""

    size: int
    note: str
    witnesses: tuple[tuple[str, datetime], ...]
    stamps: tuple[Stamped, ...]


def stamp(act: Act, ask: Authority | None = None) -> bool:
    """Have the last checkpoint time-stamped where the log grew and the last time-stamp is old; whether it was.

    No lock and no transaction is held while the authority is asked.

    Parameters
    ----------
    ask : callable
        Takes a request and gives the authority's answer; that of the settings without it.
    """
    note = services.last_checkpoint()
    authority = ask or _authority(act)
    if not note or authority is None:
        return False
    state, body, _ = notes.parse(note)
    last = Note.objects.filter(kind=STAMP).order_by("-size", "-pk").first()
    if last is not None and (last.size >= state.size or act.now - _at(last.text) < EVERY):
        return False
    nonce, roots = secrets.randbits(63), _roots()

    def checked(query: bytes) -> bytes:
        answer = authority(query)
        found = timestamp.read(answer)
        if not timestamp.concerns(found, body.encode(), nonce):
            raise timestamp.BadStamp("answers another request")
        if roots:
            timestamp.verify(found.response, body.encode(), roots, nonce)
        return answer

    done = ledger.log(state.origin).stamp(note, lambda message: timestamp.request(message, nonce), checked) is not None
    if not done:
        log.warning("no time-stamp", extra={"facts": {"size": state.size}})
    return done


def unstamped() -> int:
    """Return how many records are under no time-stamp."""
    return ledger.log(keys.origin()).unstamped()


def signed(size: int) -> Signed | None:
    """Return what stands about the checkpoint of a size; None without one."""
    found = [text for at, text in _notes(CHECKPOINT, [size])]
    if not found:
        return None
    return _signed(size, found, [text for _, text in _notes(STAMP, [size])])


def latest(most: int) -> list[Signed]:
    """Return the last checkpoints, the newest first."""
    sizes = list(
        Note.objects.filter(kind=CHECKPOINT).order_by("-size").values_list("size", flat=True).distinct()[:most]
    )
    marks: dict[int, tuple[list[str], list[str]]] = {size: ([], []) for size in sizes}
    for place, kind in enumerate((CHECKPOINT, STAMP)):
        for size, text in _notes(kind, sizes):
            marks[size][place].append(text)
    return [_signed(size, *marks[size]) for size in sizes]


def last_stamp() -> Stamped | None:
    """Return the last time-stamp; None before the first."""
    row = Note.objects.filter(kind=STAMP).order_by("-size", "-pk").first()
    found = signed(row.size) if row is not None else None
    return found.stamps[-1] if found is not None else None


def token(size: int) -> bytes | None:
    """Return the authority's answer (DER) about the checkpoint of a size."""
    found = _notes(STAMP, [size])
    return base64.b64decode(found[-1][1]) if found else None


def root_pem() -> bytes:
    """Return the root certificates with which time-stamps are checked; empty where none are known here."""
    return b"".join(_roots())


def cosigned(text: str) -> int:
    """Keep lines of known witnesses below a checkpoint of ours; return how many were new.

    Raises
    ------
    BadNote
        Where it is no checkpoint of ours.
    """
    state, body, lines = notes.parse(text)
    ours = next((note for _, note in _notes(CHECKPOINT, [state.size]) if notes.parse(note)[1] == body), "")
    if not ours:
        raise notes.BadNote("not a checkpoint of this log")
    book, new = ledger.log(state.origin), 0
    best = signed(state.size)
    kept = best.note if best is not None and notes.parse(best.note)[1] == body else ours
    for witness in witnesses():
        for line in lines:
            alone = notes.with_signature(body + "\n", line)
            if line.line not in kept and line.name == witness.name and notes.witnessed_by(alone, [witness]):
                kept = book.keep_cosignature(kept, line)
                new += 1
    if new:
        ledger.changed()
    return new


def witnesses() -> list[PublicKey]:
    """Return the keys of neighbours who witness this log, from the settings."""
    return [PublicKey.parse(text) for text in settings.DAREMO_WITNESSES]


def _notes(kind: str, sizes: list[int]) -> list[tuple[int, str]]:
    rows = Note.objects.filter(kind=kind, size__in=sizes).order_by("size", "pk")
    return list(rows.values_list("size", "text"))


def _signed(size: int, found: list[str], stamps: list[str]) -> Signed:
    note = max(found, key=len)
    _, body, _ = notes.parse(note)
    seen = notes.witnessed_by(note, witnesses())
    told = [(name, datetime.fromtimestamp(at_s, UTC)) for name, at_s in sorted(seen.items(), key=lambda x: x[1])]
    return Signed(size, note, tuple(told), tuple(_stamped(text, body) for text in stamps))


def _stamped(text: str, body: str) -> Stamped:
    found = timestamp.read(base64.b64decode(text))
    holds: bool | None = None if timestamp.concerns(found, body.encode()) else False
    if holds is None and (roots := _roots()):
        try:
            timestamp.verify(found.response, body.encode(), roots)
            holds = True
        except timestamp.BadStamp:
            holds = False
    test = found.is_test
    name = "" if test else settings.DAREMO_TSA_NAME
    return Stamped(datetime.fromisoformat(found.at), name or found.authority or found.policy, test, holds)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(timestamp.read(base64.b64decode(text)).at)


def _roots() -> list[bytes]:
    path = settings.DAREMO_TSA_ROOTS or (keys.folder() / TEST_FILE if not settings.DAREMO_TSA_URL else "")
    if not path or not Path(path).is_file():
        return []
    mark = b"-----BEGIN CERTIFICATE-----"
    parts = [mark + part.partition(b"-----END CERTIFICATE-----")[0] for part in Path(path).read_bytes().split(mark)[1:]]
    found = [part + b"-----END CERTIFICATE-----\n" for part in parts]
    # of our own file only the first one is the root
    return found if settings.DAREMO_TSA_ROOTS else found[:1]


def _authority(act: Act) -> Authority | None:
    """The authority of the settings; outside production a test authority where they name none."""
    if settings.DAREMO_TSA_URL:
        return _sent_to(settings.DAREMO_TSA_URL)
    if settings.DAREMO_MODE == "production":
        return None
    own = _own(act)
    return lambda query: own.answer(query, act.now)


def _own(act: Act) -> timestamp.OwnAuthority:
    path = keys.folder() / TEST_FILE
    if not path.is_file():
        keys.folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        made = timestamp.OwnAuthority(secrets.token_bytes, act.now - timedelta(days=1))
        beside = path.with_name(f".{TEST_FILE}.{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(made.to_pem())
        beside.replace(path)
    return timestamp.OwnAuthority.from_pem(path.read_bytes(), secrets.token_bytes)


def _sent_to(url: str) -> Callable[[bytes], bytes]:
    """Ask the operator's own address over http or https; it is not redirected elsewhere."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}

    def ask(query: bytes) -> bytes:
        line = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            line.request("POST", place, query, headers)
            answer = line.getresponse()
            if answer.status != 200:
                raise OSError(f"the authority answers {answer.status}")
            return bytes(answer.read(timestamp.MOST_BYTES + 1))
        except http.client.HTTPException as e:
            raise OSError("the authority's answer cannot be read") from e
        finally:
            line.close()

    return ask
