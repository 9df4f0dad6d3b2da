"""Journal and notices: CPU seconds and wall seconds of one process, plain SQLite beside the journal.

python benchmarks/trust.py                 # append, proofs, audit of a million records, notices of ten thousand
python benchmarks/trust.py --small         # a tenth of everything
python benchmarks/trust.py --only audit    # append, audit or notices
"""

from __future__ import annotations

import os
import random
import resource
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from daremo.trust.keys import new_signer  # noqa: E402
from daremo.trust.log.audit import audit  # noqa: E402
from daremo.trust.log.export import export  # noqa: E402
from daremo.trust.log.journal import Journal  # noqa: E402
from daremo.trust.log.record import Event, leaf_of  # noqa: E402
from daremo.trust.log.sqlite import SQLite  # noqa: E402
from daremo.trust.notices import qr  # noqa: E402
from daremo.trust.notices.check import check  # noqa: E402
from daremo.trust.notices.registry import read_snapshot, write_snapshot  # noqa: E402

KEY = new_signer("city.mihon.example", secrets.token_bytes)


def row(name: str, engine: str, count: int, cpu_s: float, wall_s: float, remark: str = "") -> None:
    """Print one line of the table."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:<40} {engine:<14} {count:>9,} {cpu_s:>8.2f} {wall_s:>8.2f} {count / cpu_s:>11,.0f} {count / wall_s:>11,.0f} {peak:>7,.0f}  {remark}",
        flush=True,
    )


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU seconds, wall seconds and result."""
    cpu, wall = time.process_time(), time.monotonic()
    found = work()
    return time.process_time() - cpu, time.monotonic() - wall, found


def leaves(n: int) -> list[bytes]:
    """Records as a desk writes them."""
    return [
        leaf_of(Event("desk", "visit-kept", {"desk": f"d{k % 97:03}", "visit": k}), 1_795_000_000_000 + k, None)
        for k in range(n)
    ]


def plain_sqlite(path: Path, rows: list[bytes], batch: int) -> None:
    """The least that is durable: a table and commits, no tree."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE record (n INTEGER PRIMARY KEY, leaf BLOB NOT NULL)")
    for at in range(0, len(rows), batch):
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO record VALUES (?, ?)", enumerate(rows[at : at + batch], at))
        db.execute("COMMIT")
    db.close()


def sync_ms(folder: Path) -> float:
    """Milliseconds in which the disk takes 100 kB for good: median of 30."""
    times = []
    with (folder / "sync").open("wb") as stream:
        for _ in range(30):
            stream.write(b"x" * 100_000)
            stream.flush()
            begun = time.monotonic()
            os.fsync(stream.fileno())
            times.append(time.monotonic() - begun)
    return sorted(times)[15] * 1e3


def appends(folder: Path, n: int) -> None:
    """Durable appends in batches, then proofs."""
    rows = leaves(n)
    print(f"  disk: {sync_ms(folder):.1f} ms a sync; machine: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for batch in (500, 1_000, 5_000, 10_000):
        store = SQLite(folder / f"j{batch}.sqlite")
        journal = Journal(store, KEY.name)

        def fill(journal: Journal = journal, batch: int = batch) -> None:
            for at in range(0, n, batch):
                journal.append_leaves(rows[at : at + batch])

        row(f"durable appends, {batch:,} a commit", "daremo", n, *timed(fill)[:2])
        row(
            f"durable appends, {batch:,} a commit",
            "plain SQLite",
            n,
            *timed(lambda b=batch: plain_sqlite(folder / f"p{b}.sqlite", rows, b))[:2],
            "no tree",
        )  # type: ignore[misc]
    events = [
        Event("desk", "booked", {"seat": k}, {"name": f"見本 花子{k}", "phone": "0000-12-3456"}) for k in range(10_000)
    ]
    row(
        "appends with salted personal parts",
        "daremo",
        10_000,
        *timed(lambda: journal.append(events, 1, secrets.token_bytes))[:2],
    )
    rng, size = random.Random(1), store.size()
    row(
        "inclusion proofs",
        "daremo",
        1_000,
        *timed(lambda: [journal.prove(rng.randrange(size)) for _ in range(1_000)])[:2],
        f"of {size:,}",
    )
    row(
        "consistency proofs",
        "daremo",
        1_000,
        *timed(lambda: [journal.prove_growth(rng.randrange(1, size)) for _ in range(1_000)])[:2],
        f"of {size:,}",
    )


def audits(folder: Path, n: int) -> None:
    """One bit flipped in a whole export."""
    store = SQLite(folder / "audit.sqlite")
    journal = Journal(store, KEY.name)
    for at in range(0, n, 50_000):
        journal.append_leaves(leaves(min(50_000, n - at)))
    journal.checkpoint(KEY)
    path = folder / "journal.jsonl"

    def write() -> None:
        with path.open("wb") as stream:
            stream.writelines(export(journal, [KEY.public]))

    row("export", "daremo", n, *timed(write)[:2], f"{path.stat().st_size / 1e6:,.0f} MB")

    def read() -> Any:
        with path.open("rb") as stream:
            return audit(stream, [KEY.public])

    cpu, wall, found = timed(read)
    row("audit of a whole export", "daremo", n, cpu, wall, f"unaltered: {found.unaltered}")
    rng, hits = random.Random(2), 0
    tries = 5
    total_cpu = total_wall = 0.0
    for _ in range(tries):
        with path.open("r+b") as stream:
            at = rng.randrange(300, path.stat().st_size - 2_000)
            stream.seek(at)
            was = stream.read(1)
            stream.seek(at)
            stream.write(bytes([was[0] ^ 1 << rng.randrange(8)]))
            stream.flush()
            cpu, wall, found = timed(read)
            stream.seek(0)
            number = stream.read(at).count(b"\n") - 1
            stream.seek(at)
            stream.write(was)
        total_cpu, total_wall = total_cpu + cpu, total_wall + wall
        hits += not found.unaltered and any(f.record == number for f in found.findings)
    row("audit, one bit flipped", "daremo", n * tries, total_cpu, total_wall, f"found and named {hits}/{tries}")


def notices(n: int) -> None:
    """Checks against a snapshot of many notices."""
    from tests.trust.notices import forger, noise, town

    cpu, wall, book = timed(lambda: town.registry(n))
    row("register, sign, log, sketch", "daremo", n, cpu, wall)
    data = write_snapshot(book, town.SIGNER, town.DAY, "2026-12-31")
    rng, entries = random.Random(3), town.entries(n)[1]

    def told(book: Any, received: str) -> float:
        cpu, _, _ = timed(lambda: check(received, book, town.DAY))
        return cpu * 1e3

    def fresh() -> Iterator[float]:
        for _ in range(5):
            received = noise.scanned(rng.choice(entries).notice.text, rng)
            yield timed(lambda r=received: check(r, read_snapshot(data, [town.SIGNER.public]), town.DAY))[0] * 1e3  # type: ignore[misc]

    cold = sorted(fresh())
    print(
        f"  snapshot {len(data) / 1e6:.1f} MB read, verified and one check: median {cold[2]:.0f} ms CPU, worst {cold[-1]:.0f} ms"
    )
    warm = read_snapshot(data, [town.SIGNER.public])
    for name, make in (
        ("genuine, roughly handled", noise.all_at_once),
        ("forged", forger.link_swap),
        ("re-dated", forger.redated),
    ):
        times = sorted(told(warm, make(rng.choice(entries).notice.text, rng)) for _ in range(200))
        print(f"  check, {name}: median {times[100]:.1f} ms CPU, worst of 200 {times[-1]:.1f} ms")
    times = sorted(told(warm, "あ" * 20_000 + "https://example.org/") for _ in range(10))
    print(f"  check, 20,000 letters of nonsense: worst {times[-1]:.1f} ms")
    payloads = [qr.payload(rng.choice(entries), town.SIGNER) for _ in range(200)]
    times = sorted(told(warm, p) for p in payloads)
    print(f"  QR: median {times[100]:.2f} ms CPU, worst of 200 {times[-1]:.2f} ms")


def main(arguments: list[str]) -> None:
    """Run the questions."""
    part = 10 if "--small" in arguments else 1
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    print(
        f"{'question':<40} {'engine':<14} {'count':>9} {'CPU s':>8} {'wall s':>8} {'per CPU s':>11} {'per wall s':>11} {'peak MB':>7}"
    )
    with tempfile.TemporaryDirectory() as folder:
        if only in ("", "append"):
            appends(Path(folder), 500_000 // part)
        if only in ("", "audit"):
            audits(Path(folder), 1_000_000 // part)
        if only in ("", "notices"):
            notices(10_000 // part)


if __name__ == "__main__":
    main(sys.argv[1:])
