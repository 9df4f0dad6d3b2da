"""A backup put back gives the same rows, to the last one, on either database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

URL = os.environ.get("DAREMO_TEST_DATABASE_URL", "")
Run = Callable[..., "subprocess.CompletedProcess[str]"]

FILL = """
import django; django.setup()
from datetime import UTC, datetime
from daremo.web.apps.journal.act import of_the_system
from daremo.web.apps.places import services as places
from daremo.web.apps.people import services as people
act = of_the_system(datetime(2026, 12, 1, tzinfo=UTC))
city = places.add_organisation(act, "{name}", "city")
places.add_point(act, city, "中央\\t図書館 \\\\N", lat=34.1, lon=133.3)
people.add_person(act, city, name="見本 花子", phone="090-0000-1234")
"""
TOLD = """
import django; django.setup()
import hashlib, json
from django.apps import apps
from django.core.serializers import serialize
from daremo.web.apps.journal.services import differences
assert differences() == []
skip = ("sessions.Session",)
rows = {m._meta.label: hashlib.sha256(serialize("json", m._default_manager.order_by("pk")).encode()).hexdigest()
        for m in apps.get_models(include_auto_created=True) if m._meta.label not in skip}
print(json.dumps([rows, apps.get_model("places", "Organisation")._default_manager.count()]))
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run a program or a daremo command on a database of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAREMO_", "DJANGO_"))}
    clean |= {"DAREMO_DATA": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "daremo.web.settings"}
    name = f"backup_{uuid.uuid4().hex[:12]}"
    admin = None
    if URL:
        import psycopg

        admin = psycopg.connect(URL, autocommit=True)
        admin.execute(f"CREATE DATABASE {name}")
        clean["DAREMO_DATABASE_URL"] = URL.replace("/desk?", f"/{name}?")

    def ran(*command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        line = (
            [sys.executable, "-c", *command]
            if "\n" in command[0]
            else [sys.executable, "-m", "daremo.cli.main", *command]
        )
        done = subprocess.run(line, env=clean, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    yield ran
    if admin is not None:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.close()


def test_a_backup_put_back_after_changes_is_equal_to_what_was_backed_up(run: Run, tmp_path: Path):
    run("migrate", "--quiet")
    run(FILL.format(name="みほん市"))
    (tmp_path / "data" / "files").mkdir(parents=True)
    (tmp_path / "data" / "files" / "sheet.csv").write_text("前")
    before = json.loads(run(TOLD).stdout)
    told = json.loads(run("backup", "desk.daremo", "--json").stdout)
    assert told["tables"]["places_organisation"] == 1 and told["tables"]["people_contact"] == 1
    assert (tmp_path / "desk.daremo").stat().st_mode & 0o077 == 0

    run(FILL.format(name="あとの市"))
    (tmp_path / "data" / "files" / "sheet.csv").write_text("後")
    changed = json.loads(run(TOLD).stdout)
    assert changed != before and changed[1] == 2

    assert "not-empty" in run("restore", "desk.daremo", code=3).stderr
    assert json.loads(run(TOLD).stdout) == changed
    run("restore", "desk.daremo", "--replace")
    assert json.loads(run(TOLD).stdout) == before
    assert (tmp_path / "data" / "files" / "sheet.csv").read_text() == "前"
    # numbers go on where they were: nothing that is added meets a number already taken
    run(FILL.format(name="つぎの市"))
    assert json.loads(run(TOLD).stdout)[1] == 2


def test_what_is_damaged_foreign_or_newer_changes_nothing(run: Run, tmp_path: Path):
    run("migrate", "--quiet")
    run(FILL.format(name="みほん市"))
    run("backup", "good.daremo", "--quiet")
    before = json.loads(run(TOLD).stdout)

    def remade(name: str, change: Callable[[str, bytes], bytes]) -> str:
        with zipfile.ZipFile(tmp_path / "good.daremo") as old, zipfile.ZipFile(tmp_path / name, "w") as new:
            for item in old.namelist():
                new.writestr(item, change(item, old.read(item)))
        return name

    def told(**changed: object) -> Callable[[str, bytes], bytes]:
        return lambda item, data: (
            json.dumps({**json.loads(data), **changed}).encode() if item == "daremo-backup.json" else data
        )

    (tmp_path / "text.daremo").write_text("no backup")
    cases = {
        "text.daremo": "damaged-backup",
        remade("cut.daremo", lambda item, data: data[:-1] if not item.endswith(".json") else data): "damaged-backup",
        remade("other.daremo", told(vendor="oracle")): "other-database",
        remade("newer.daremo", told(migrations=[["places", "0999_from_the_future"]])): "newer-backup",
    }
    for name, code in cases.items():
        assert code in run("restore", name, "--replace", code=3).stderr, name
    assert json.loads(run(TOLD).stdout) == before
