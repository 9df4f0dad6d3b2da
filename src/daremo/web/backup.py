"""One file with everything the desk knows, written while it runs and put back as a whole.

The file is a zip: on SQLite the database itself, copied page by page through SQLite's backup interface; on PostgreSQL
each table as ``COPY`` gives it, all from one snapshot; uploaded files; last ``daremo-backup.json`` with counts and
digests. The secret key is not in it. Sources: https://www.sqlite.org/backup.html,
https://www.postgresql.org/docs/current/sql-copy.html
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from daremo import __version__
from daremo.kernel.errors import DaremoError, SetupError, TrustError

TOLD = "daremo-backup.json"
DATABASE = "desk.sqlite3"
CHUNK = 1 << 20


@dataclass
class Told:
    """What a backup says of itself.

    Attributes
    ----------
    rows : dict of str to int
        Rows of each table.
    digests : dict of str to str
        SHA-256 of each member of the zip.
    migrations : list of [app, name]
        The version of the tables.
    """

    daremo_backup: int
    version: str
    vendor: str
    at: str
    rows: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    migrations: list[list[str]] = field(default_factory=list)


def tables() -> list[str]:
    """Return the names of all tables of the database, sorted."""
    with connection.cursor() as cursor:
        return sorted(t.name for t in connection.introspection.get_table_list(cursor) if t.type == "t")


def _migrations() -> list[list[str]]:
    return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())


def _counts() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            found[table] = int(cursor.fetchone()[0])
    return found


class _Digested:
    """A file that remembers the SHA-256 of what went through it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sha = file, hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        self.sha.update(data)
        self._file.write(data)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, told: Told) -> Iterator[_Digested]:
    with archive.open(name, "w", force_zip64=True) as file:
        digested = _Digested(file)
        yield digested
    told.digests[name] = digested.sha.hexdigest()


def write(path: Path, now: datetime) -> Told:
    """Write a backup to `path`, readable by its owner only; a file of that name is replaced when the new one is whole."""
    told = Told(1, __version__, connection.vendor, now.isoformat(timespec="seconds"))
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with (
            open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
        ):
            (_write_sqlite if connection.vendor == "sqlite" else _write_postgresql)(archive, told)
            _write_files(archive, told)
            archive.writestr(TOLD, json.dumps(asdict(told), ensure_ascii=False, indent=1))
            archive.close()
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return told


def _write_sqlite(archive: zipfile.ZipFile, told: Told) -> None:
    connection.ensure_connection()
    with tempfile.TemporaryDirectory() as folder:
        copy = sqlite3.connect(Path(folder) / DATABASE)
        try:
            connection.connection.backup(copy, pages=4096)
            copy.execute("PRAGMA journal_mode=DELETE")
            names = [r[0] for r in copy.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")]
            # counted in the copy: the original may have moved on
            told.rows = {
                n: copy.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0]
                for n in names
                if not n.startswith("sqlite_")
            }
            told.migrations = sorted(map(list, copy.execute("SELECT app, name FROM django_migrations")))
        finally:
            copy.close()
        with _member(archive, DATABASE, told) as out, (Path(folder) / DATABASE).open("rb") as file:
            while data := file.read(CHUNK):
                out.write(data)


def _columns(table: str) -> list[str]:
    """The table's columns that are stored, not computed by the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        )
        return [str(row[0]) for row in cursor.fetchall()]


def _copied(table: str, columns: list[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(table)} ({', '.join(quote(c) for c in columns)})"


def _write_postgresql(archive: zipfile.ZipFile, told: Told) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        told.rows, told.migrations = _counts(), _migrations()
        for table in tables():
            columns = _columns(table)
            header = json.dumps(columns).encode() + b"\n"
            with _member(archive, f"tables/{table}.copy", told) as out:
                out.write(header)
                with cursor.copy(f"COPY {_copied(table, columns)} TO STDOUT") as copy:
                    for data in copy:
                        out.write(data)


def _files() -> Path:
    return Path(settings.DAREMO_DATA) / "files"


def _write_files(archive: zipfile.ZipFile, told: Told) -> None:
    for path in sorted(p for p in _files().rglob("*") if p.is_file()):
        with _member(archive, f"files/{path.relative_to(_files()).as_posix()}", told) as out, path.open("rb") as file:
            while data := file.read(CHUNK):
                out.write(data)


# ── back ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_told(path: Path) -> Told:
    """Return what a backup says of itself, after every digest in it was checked.

    Raises
    ------
    TrustError
        ``not-a-backup`` or ``damaged-backup``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            told = Told(**json.loads(archive.read(TOLD)))
            for name, digest in told.digests.items():
                sha = hashlib.sha256()
                with archive.open(name) as file:
                    while data := file.read(CHUNK):
                        sha.update(data)
                if sha.hexdigest() != digest:
                    raise TrustError(
                        "damaged-backup", f"{name} がこわれています", "ほかのバックアップを使ってください", path.name
                    )
    except zipfile.BadZipFile as error:
        where = "damaged-backup" if path.stat().st_size else "not-a-backup"
        raise TrustError(
            where, "バックアップとして読めません", "daremo backup で作ったファイルを指定してください", path.name
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise TrustError(
            "not-a-backup", "バックアップではありません", "daremo backup で作ったファイルを指定してください", path.name
        ) from error
    return told


def holds_data() -> bool:
    """Tell whether the database holds an organisation or an account, so that putting a backup back would replace it."""
    names = set(tables())
    return any(
        model._meta.db_table in names and model._default_manager.exists()
        for model in (apps.get_model("places", "Organisation"), apps.get_model("staff", "User"))
    )


def put_back(path: Path, *, replace: bool = False) -> Told:
    """Replace everything in the database and the uploaded files by a backup, all or nothing, then bring it to this version.

    Raises
    ------
    DaremoError
        ``not-empty`` without `replace`, ``other-database``, ``newer-backup``, ``damaged-backup``, ``not-a-backup``.
    """
    told = read_told(path)
    if told.vendor != connection.vendor:
        raise SetupError(
            "other-database",
            f"このバックアップは {told.vendor} のもので、いまのデータベースは {connection.vendor} です",
            f"DAREMO_DATABASE_URL を {told.vendor} にしてください",
            path.name,
        )
    known = set(MigrationExecutor(connection).loader.disk_migrations)
    if unknown := [m for m in told.migrations if tuple(m) not in known and m[0] in {app for app, _ in known}]:
        raise SetupError(
            "newer-backup",
            f"このバックアップは新しい版（{told.version}）のものです（{'.'.join(unknown[0])}）",
            "daremo を新しくしてください",
            path.name,
        )
    if holds_data() and not replace:
        raise DaremoError(
            "not-empty", "データがすでに入っています。何も変えていません", "置きかえるときは --replace を付けてください"
        )
    with zipfile.ZipFile(path) as archive:
        (_read_sqlite if connection.vendor == "sqlite" else _read_postgresql)(archive, told)
        _read_files(archive, told)
    call_command("migrate", interactive=False, verbosity=0)
    return told


def _read_sqlite(archive: zipfile.ZipFile, told: Told) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive.extract(DATABASE, folder)
        copy = sqlite3.connect(Path(folder) / DATABASE)
        try:
            if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise TrustError("damaged-backup", "データベースがこわれています", "ほかのバックアップを使ってください")
            connection.ensure_connection()
            copy.backup(connection.connection, pages=-1)
        finally:
            copy.close()
    connection.close()


def _read_postgresql(archive: zipfile.ZipFile, told: Told) -> None:
    quote = connection.ops.quote_name
    with transaction.atomic():
        with connection.cursor() as cursor:
            for table in tables():
                cursor.execute(f"DROP TABLE {quote(table)} CASCADE")
        executor = MigrationExecutor(connection)
        executor.migrate(_last_of(told, executor))
        with connection.cursor() as cursor:
            there = set(tables())
            cursor.execute(f"TRUNCATE {', '.join(quote(t) for t in sorted(there))} CASCADE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for name in sorted(n for n in told.digests if n.startswith("tables/")):
                table = name.removeprefix("tables/").removesuffix(".copy")
                with archive.open(name) as file:
                    columns = json.loads(file.readline())
                    with cursor.copy(f"COPY {_copied(table, columns)} FROM STDIN") as copy:
                        while data := file.read(CHUNK):
                            copy.write(data)
            # else a later migration in this transaction would find changes that are not checked yet
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement in connection.ops.sequence_reset_sql(no_style(), _models(there)):
                cursor.execute(statement)
        if (found := {t: n for t, n in _counts().items() if n}) != {t: n for t, n in told.rows.items() if n}:
            differing = sorted(t for t in set(found) | set(told.rows) if found.get(t, 0) != told.rows.get(t, 0))
            raise DatabaseError(f"rows differ after putting back: {', '.join(differing)}")


def _last_of(told: Told, executor: MigrationExecutor) -> list[tuple[str, str]]:
    """The backup's last migrations of each app: those after which it had none of the same app."""
    graph = executor.loader.graph
    had = {(app, name) for app, name in told.migrations if (app, name) in graph.nodes}
    return sorted(
        key
        for key in had
        if not any(child.key[0] == key[0] and child.key in had for child in graph.node_map[key].children)
    )


def _models(there: set[str]) -> list[Any]:
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.db_table in there]


def _read_files(archive: zipfile.ZipFile, told: Told) -> None:
    home = _files().resolve()
    for name in (n for n in told.digests if n.startswith("files/")):
        target = (home / name.removeprefix("files/")).resolve()
        if not target.is_relative_to(home):
            raise TrustError(
                "damaged-backup", "フォルダーの外を指すファイルがあります", "ほかのバックアップを使ってください"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_name(f".{target.name}.part")
        half.write_bytes(archive.read(name))
        half.replace(target)
