"""The table of settings is what is read, documented and demanded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daremo.kernel.errors import SetupError
from daremo.web.configuration import Configuration, database_of, secret_key_of, settings_table

ROOT = Path(__file__).resolve().parents[3]
REQUIRED = {s.name for s in settings_table().values() if s.required_in_production}


def production(**changed: str) -> dict[str, str]:
    """An environment with the example of every setting that production demands."""
    told = {s.name: s.example for s in settings_table().values() if s.required_in_production}
    return {**told, "DAREMO_MODE": "production", **changed}


@pytest.mark.parametrize("setting", settings_table().values(), ids=lambda s: s.name)
def test_a_setting_is_explained_and_its_default_and_example_can_be_read(setting):
    assert setting.ja and setting.en and setting.example
    assert setting.read(setting.example) is not None
    if setting.default:
        assert setting.read(setting.default.replace("{DAREMO_DATA}", ".daremo")) is not None


def test_every_setting_is_used():
    read = [
        *(ROOT / "src/daremo/web").glob("*.py"),
        ROOT / "src/daremo/cli/serve.py",
        ROOT / "src/daremo/web/apps/staff/conf.py",
    ]
    source = "".join(p.read_text() for p in read)
    site = {s.name for s in settings_table().values() if s.group == "site"}
    assert [n for n in settings_table() if n not in source and n not in site] == []
    shown = {key for words in Configuration({}).site().values() for key in words}
    assert {n.removeprefix("DAREMO_").removesuffix("_EASY").removesuffix("_EN").lower() for n in site} == shown


def test_practice_needs_nothing():
    told = Configuration({})
    told.check()
    assert told.mode == "practice" and told["DAREMO_DATABASE_URL"] == "sqlite:///.daremo/desk.sqlite3"


def test_production_refuses_to_start_with_the_complete_list_of_what_is_missing():
    with pytest.raises(SetupError) as caught:
        Configuration({"DAREMO_MODE": "production"}).check()
    assert REQUIRED and all(name in caught.value.message for name in REQUIRED)
    assert f"{len(REQUIRED)} つ" in caught.value.message


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_production_names_the_one_setting_that_is_missing(name: str):
    told = production()
    del told[name]
    assert [t.setting for t in Configuration(told).troubles] == [name]


def test_production_starts_with_what_it_demands():
    Configuration(production()).check()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAREMO_DATABASE_URL", "sqlite:///desk.sqlite3"),
        ("DAREMO_DATABASE_URL", "mysql://x/y"),
        ("DAREMO_DATABASE_URL", "postgresql://host/"),
        ("DAREMO_SECRET_KEY", "short"),
        ("DAREMO_SECRET_KEY", "a" * 60),
        ("DAREMO_HOSTS", "*"),
        ("DAREMO_PORT", "0"),
        ("DAREMO_PORT", "８０００"),
        ("DAREMO_MODE", "produktion"),
        ("DAREMO_SENDERS", "sms"),
        ("DAREMO_PHONE", "電話"),
        ("DAREMO_REQUIRE_MFA", "perhaps"),
        ("DAREMO_TYPO", "x"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_by_the_name_of_its_setting(name: str, value: str):
    assert [t.setting for t in Configuration(production(**{name: value})).troubles] == [name]


def test_a_secret_is_never_told():
    with pytest.raises(SetupError) as caught:
        Configuration(production(DAREMO_SECRET_KEY="tell-nobody")).check()
    assert "tell-nobody" not in str(caught.value)


def test_settings_that_need_each_other_are_told_together():
    told = Configuration({"DAREMO_OIDC_URL": "https://id.example", "DAREMO_SMTP_HOST": "mail.example"})
    assert {t.setting for t in told.troubles} == {"DAREMO_OIDC_CLIENT", "DAREMO_OIDC_SECRET", "DAREMO_MAIL_FROM"}


def test_another_town_never_shows_the_sample_towns_words():
    site = Configuration({"DAREMO_CITY": "高松市"}).site()
    assert site["ja"]["city"] == "高松市"
    assert "city" not in site["en"] and "city" not in site["ja-easy"] and "office" not in site["en"]


def test_a_database_address_is_read_with_socket_folder_password_and_port():
    told = database_of("postgresql://desk:p%40ss@db.example:6432/desk?sslmode=require", pool=4)  # no-secret
    assert (told["USER"], told["PASSWORD"], told["HOST"], told["PORT"]) == ("desk", "p@ss", "db.example", "6432")
    assert told["OPTIONS"] == {
        "sslmode": "require",
        "options": "-c jit=off",
        "pool": {"min_size": 1, "max_size": 4, "timeout": 10},
    }
    assert database_of("postgresql://desk@/desk?host=/run/pg")["HOST"] == "/run/pg"
    assert database_of("sqlite:////var/lib/x.sqlite3")["NAME"] == "/var/lib/x.sqlite3"
    assert database_of("sqlite:///x.sqlite3")["NAME"] == "x.sqlite3"


def test_the_first_start_makes_one_secret_key_and_keeps_it_from_others(tmp_path: Path):
    told = Configuration({"DAREMO_DATA": str(tmp_path / "data")})
    first = secret_key_of(told)
    assert len(first) >= 50 and secret_key_of(told) == first
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o077 == 0
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["secret_key"]


def _run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAREMO_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, *command], env={**clean, **environment}, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip


def test_the_command_line_lists_what_is_missing_and_ends_with_3(tmp_path: Path):
    ran = _run("-m", "daremo.cli.main", "desk", "check", DAREMO_MODE="production", DAREMO_DATA=str(tmp_path))
    assert ran.returncode == 3 and all(name in ran.stdout for name in REQUIRED)


def test_production_turns_on_https_and_secure_cookies_and_has_no_practice(tmp_path: Path):
    code = """
import django; django.setup()
from django.conf import settings as s
assert s.SECURE_SSL_REDIRECT and s.SECURE_HSTS_SECONDS >= 31536000
assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and s.LANGUAGE_COOKIE_SECURE and s.SESSION_COOKIE_HTTPONLY
assert not s.DEBUG and s.DAREMO_MODE == "production"
from django.core.checks import run_checks
ours = [c for c in run_checks(include_deployment_checks=True) if c.id not in ("security.W005", "security.W021")]
assert not ours, ours
print("sound")
"""
    ran = _run("-c", code, **production(DAREMO_DATA=str(tmp_path)), DJANGO_SETTINGS_MODULE="daremo.web.settings")
    assert ran.stdout == "sound\n", ran.stderr
