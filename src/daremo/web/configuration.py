"""Settings by the table ``tables/settings.csv``: read from the environment, checked, all problems told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from daremo.kernel.errors import SetupError
from daremo.kernel.tables import rows_of

SECRET_LEAST = 50
PRACTICE_SECRET = "practice-only-practice-only-practice-only-practice-only"  # noqa: S105
"""Key of the practice and development modes; production refuses to start with it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its type, default, and whether production must set it."""

    name: str
    type: str
    default: str
    production: bool
    ja: str
    en: str
    example: str


@cache
def settings_table() -> dict[str, Setting]:
    """Return all settings by name, in the order of the table."""
    return {
        row["name"]: Setting(
            row["name"], row["type"], row["default"], row["production"] == "yes", row["ja"], row["en"], row["example"]
        )
        for row in rows_of("daremo.web", "settings")
    }


def read(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return every setting with its value, from the environment or the default.

    Raises
    ------
    SetupError
        Values that cannot be used, or (in production) settings that are missing: all of them in one message.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    mode = environment.get("DAREMO_MODE", "practice")
    for name, setting in settings_table().items():
        given = environment.get(name, "").strip()
        if not given and setting.production and mode == "production":
            wrong.append(f"{name}（{setting.ja}）{f'  例: {setting.example}' if setting.example else ''}")
            continue
        try:
            values[name] = value_of(setting, given or setting.default)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    unknown = sorted(n for n in environment if n.startswith("DAREMO_") and n not in settings_table() and not n.startswith("DAREMO_TEST_"))
    wrong += [f"{name}: この名前の設定はありません" for name in unknown]
    if mode == "production" and not wrong:
        if len(values["DAREMO_SECRET_KEY"]) < SECRET_LEAST or values["DAREMO_SECRET_KEY"] == PRACTICE_SECRET:
            wrong.append(f"DAREMO_SECRET_KEY: {SECRET_LEAST}字以上の、だれも知らない文字にしてください")
        if not values["DAREMO_HTTPS"]:
            wrong.append("DAREMO_HTTPS: 本番はHTTPSで動かし、yes にしてください")
        if values["DAREMO_DATABASE_URL"]["ENGINE"].endswith("sqlite3"):
            wrong.append("DAREMO_DATABASE_URL: 本番は PostgreSQL にしてください")
    if wrong:
        raise SetupError(
            "bad-settings",
            "設定が足りないか、正しくありません：\n" + "\n".join(f"  {line}" for line in wrong),
            "環境変数を設定して、もう一度動かしてください（一覧: daremo desk settings）",
        )
    values["DAREMO_SECRET_KEY"] = values["DAREMO_SECRET_KEY"] or PRACTICE_SECRET
    return values


def value_of(setting: Setting, text: str) -> Any:
    """Return the value that a text means for a setting.

    Raises
    ------
    ValueError
        The text means nothing; the message says what is expected.
    """
    kind, _, more = setting.type.partition(":")
    if kind == "choice":
        if text not in more.split("|"):
            raise ValueError(f"{text!r} は使えません（{more.replace('|', '・')}）")
        return text
    if kind == "flag":
        if text.lower() not in ("yes", "no", "1", "0", "true", "false"):
            raise ValueError(f"{text!r} は使えません（yes か no）")
        return text.lower() in ("yes", "1", "true")
    if kind == "list":
        return text.split()
    if kind == "pairs":
        pairs = [part.partition("=") for part in text.split()]
        if any(not eq or not right for _left, eq, right in pairs):
            raise ValueError("名前=関数 の形で、空白で区切ってください")
        return {left: right for left, _eq, right in pairs}
    if kind == "path":
        return Path(text)
    if kind == "database":
        return database(text)
    if kind == "mail":
        return mail(text) if text else None
    return text


def database(url: str) -> dict[str, Any]:
    """Return Django's entry for a database URL.

    SQLite runs in WAL mode with one writer at a time that waits up to 20 s; PostgreSQL keeps its connections.

    Raises
    ------
    ValueError
        Neither SQLite nor PostgreSQL.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) or ":memory:",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA cache_size=-65536;",
            },
        }
    if parts.scheme in ("postgresql", "postgres"):
        query = dict(part.partition("=")[::2] for part in parts.query.split("&") if part)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]) or "daremo",
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(query.pop("host", "") or parts.hostname or ""),
            "PORT": str(query.pop("port", "") or parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {key: unquote(value) for key, value in query.items()},
        }
    raise ValueError("sqlite:///ファイル か postgresql://… で書いてください")


def mail(url: str) -> dict[str, Any]:
    """Return Django's mail settings for ``smtp://``, ``smtp+tls://`` or ``smtp+ssl://``.

    Raises
    ------
    ValueError
        Another scheme, or no host.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtp+tls", "smtp+ssl") or not parts.hostname:
        raise ValueError("smtp+tls://名前:合い言葉@サーバー:587 の形で書いてください")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
        "EMAIL_TIMEOUT": 20,
    }
