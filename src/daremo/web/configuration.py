"""What the environment says, read by the one table ``tables/settings.csv``; no Django here.

The table is the source of this reader, of ``docs/look/settings.md`` and of the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from daremo.kernel.errors import SetupError
from daremo.kernel.tables import rows_of
from daremo.trust.keys import COSIGNATURE, BadKey, PublicKey

YES, NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: name, what values it takes, what it is without one."""

    name: str
    group: str
    type: str
    allowed: str
    default: str
    required_in_production: bool
    ja: str
    en: str
    example: str

    def read(self, text: str) -> Any:
        """Return the value that `text` stands for.

        Raises
        ------
        ValueError
            It stands for none; the message says what would be right, in Japanese.
        """
        return _READERS[self.type](text, self.allowed)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One setting that is missing or cannot be read."""

    setting: str
    says: str


def _whole(text: str, allowed: str) -> int:
    low, _, high = allowed.partition("..")
    if not (text.isascii() and text.isdigit()) or not int(low) <= int(text) <= int(high):
        raise ValueError(f"{low}〜{high} の整数にしてください")
    return int(text)


def _choice(text: str, allowed: str) -> str:
    if text not in allowed.split("|"):
        raise ValueError(f"{'・'.join(allowed.split('|'))} のどれかにしてください")
    return text


def _yes_no(text: str, allowed: str) -> bool:
    if text.lower() not in YES + NO:
        raise ValueError("yes か no にしてください")
    return text.lower() in YES


def _secret(text: str, allowed: str) -> str:
    least = int(allowed.partition("..")[0] or 0)
    if len(text) < least or (least and len(set(text)) < 8):
        raise ValueError(f"{least}文字以上の、推測できない文字列にしてください")
    return text


def _list(text: str, allowed: str) -> tuple[str, ...]:
    return tuple(re.split(r"[\s,|]+", text.strip()))


def _pairs(text: str, allowed: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split()]
    if any(not left or not right for left, _, right in pairs):
        raise ValueError("名前=関数 の形で、空白で区切ってください")
    return {left: right for left, _, right in pairs}


def _phone(text: str, allowed: str) -> str:
    if not 3 <= sum(c.isdigit() for c in text) <= 15:
        raise ValueError("電話番号にしてください")
    return text


def _database(text: str, allowed: str) -> str:
    kind = text.partition(":")[0]
    if kind not in ("sqlite", "postgresql", "postgres"):
        raise ValueError("sqlite:///ファイル か postgresql://利用者:パスワード@ホスト/名前 にしてください")
    if kind != "sqlite" and not urlsplit(text).path.strip("/"):
        raise ValueError("データベースの名前がありません")
    return text


_READERS: dict[str, Callable[[str, str], Any]] = {
    "text": lambda text, allowed: text,
    "folder": lambda text, allowed: Path(text),
    "whole": _whole,
    "choice": _choice,
    "yes_no": _yes_no,
    "secret": _secret,
    "list": _list,
    "pairs": _pairs,
    "phone": _phone,
    "database": _database,
}


@cache
def settings_table() -> dict[str, Setting]:
    """Return every setting by its name, in the order of the table."""
    return {
        row["name"]: Setting(**{**row, "required_in_production": row["required_in_production"] == "yes"})  # type: ignore[arg-type]
        for row in rows_of("daremo.web", "settings")
    }


class Configuration(Mapping[str, Any]):
    """Values by name; a setting that is empty and has no default is None.

    Attributes
    ----------
    troubles : list of Trouble
        Everything that is missing or cannot be read; empty when the service may start.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.troubles: list[Trouble] = []
        self.given = {name for name in settings_table() if environment.get(name, "").strip()}
        self._values: dict[str, Any] = {}
        for name, setting in settings_table().items():
            text = environment.get(name, "").strip()
            self._values[name] = self._read(setting, text)
        self.troubles += _unknown(environment)
        self.troubles += self._together()
        if self._values["DAREMO_MODE"] == "production":
            self.troubles += self._for_production()

    def _read(self, setting: Setting, text: str) -> Any:
        for candidate in (text, setting.default):
            if not candidate:
                continue
            try:
                return setting.read(candidate.replace("{DAREMO_DATA}", str(self._values.get("DAREMO_DATA", ""))))
            except ValueError as error:
                self.troubles.append(Trouble(setting.name, str(error)))
        return None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _together(self) -> list[Trouble]:
        """What must be set together."""
        found = []
        oidc = ("DAREMO_OIDC_URL", "DAREMO_OIDC_CLIENT", "DAREMO_OIDC_SECRET")
        if self.given.intersection(oidc):
            found += [Trouble(name, "OIDC を使うときは必要です") for name in oidc if name not in self.given]
        if "DAREMO_SMTP_HOST" in self.given and "DAREMO_MAIL_FROM" not in self.given:
            found.append(Trouble("DAREMO_MAIL_FROM", "メールを送るときは、差出人が必要です"))
        return found + self._outside_the_log()

    def _outside_the_log(self) -> list[Trouble]:
        """Whether the time-stamp authority and the witnesses can be used as they are written."""
        found = []
        if urlsplit(self["DAREMO_TSA_URL"] or "http://-").scheme not in ("http", "https"):
            found.append(Trouble("DAREMO_TSA_URL", "http:// か https:// で始めてください"))
        if self["DAREMO_TSA_ROOTS"] and not Path(self["DAREMO_TSA_ROOTS"]).is_file():
            found.append(Trouble("DAREMO_TSA_ROOTS", "そのファイルがありません"))
        for text in self["DAREMO_WITNESSES"] or ():
            try:
                if PublicKey.parse(text).kind != COSIGNATURE:
                    found.append(Trouble("DAREMO_WITNESSES", f"立ち会いの鍵ではありません: {text[:60]}"))
            except BadKey:
                found.append(Trouble("DAREMO_WITNESSES", f"名前+番号+鍵 の形ではありません: {text[:60]}"))
        return found

    def _for_production(self) -> list[Trouble]:
        found = [
            Trouble(s.name, f"本番では必要です: {s.ja}（例 {s.example}）")
            for s in settings_table().values()
            if s.required_in_production and s.name not in self.given
        ]
        if "DAREMO_HOSTS" in self.given and "*" in self["DAREMO_HOSTS"]:
            found.append(Trouble("DAREMO_HOSTS", "本番では * を使えません。ホスト名を書いてください"))
        read = "DAREMO_DATABASE_URL" in self.given - {t.setting for t in self.troubles}
        if read and str(self["DAREMO_DATABASE_URL"]).startswith("sqlite"):
            found.append(Trouble("DAREMO_DATABASE_URL", "本番は PostgreSQL にしてください"))
        if self["DAREMO_VC_API"] == "test":
            found.append(Trouble("DAREMO_VC_API", "本番では試験の口（test）を開けません"))
        return found

    def check(self) -> None:
        """Refuse with the complete list of what is missing or wrong.

        Raises
        ------
        SetupError
            ``settings``: one line for each setting.
        """
        if self.troubles:
            lines = "\n".join(f"  {t.setting}: {t.says}" for t in self.troubles)
            raise SetupError(
                "settings",
                f"設定が {len(self.troubles)} つ、足りないか読めません:\n{lines}",
                "上の設定を直してください。一覧は docs/look/settings.md、確かめるには daremo desk check",
            )

    @property
    def mode(self) -> str:
        """``practice``, ``development`` or ``production``."""
        return str(self["DAREMO_MODE"])

    def site(self) -> dict[str, dict[str, str]]:
        """Who runs the service, by language, as the pages want it."""
        ends = {"ja": "", "ja-easy": "_EASY", "en": "_EN"}
        own_city = "DAREMO_CITY" in self.given
        found: dict[str, dict[str, str]] = {language: {} for language in ends}
        for language, end in ends.items():
            for key in (
                "city",
                "service",
                "office",
                "address",
                "phone",
                "hours",
                "counter",
                "staff_phone",
                "staff_hours",
            ):
                name = f"DAREMO_{key.upper()}{end}"
                # a town that is not the sample town never shows the sample town's words in another language
                sample = own_city and end and name not in self.given and key != "service"
                if name in self._values and self[name] is not None and not sample:
                    found[language][key] = str(self[name])
        return found


def _unknown(environment: Mapping[str, str]) -> list[Trouble]:
    """Names that begin like ours and are none: mostly typing errors, which would otherwise go unseen."""
    others = {"DAREMO_TEST_DATABASE_URL", "DAREMO_SHARED"}
    return [
        Trouble(name, "この名前の設定はありません")
        for name in sorted(environment)
        if name.startswith("DAREMO_") and name not in settings_table() and name not in others
    ]


def database_of(url: str, pool: int = 0) -> dict[str, Any]:
    """Return Django's description of the database at `url`.

    SQLite writes ahead (WAL) and through to the disk, waits 15 s for another writer, holds foreign keys and takes the writer's place when a
    transaction begins, so that no transaction fails half-way. Source: https://www.sqlite.org/lang_transaction.html

    Parameters
    ----------
    url : str
        ``sqlite:///relative.sqlite3``, ``sqlite:////absolute.sqlite3``, ``sqlite://:memory:`` or
        ``postgresql://user:password@host:port/name?host=/socket/folder``.
    pool : int
        Connections that each process keeps on PostgreSQL; 0 for one a thread.
    """
    if url.startswith("sqlite:"):
        name = unquote(url.removeprefix("sqlite:").removeprefix("//"))
        name = name if name == ":memory:" else name.removeprefix("/")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {
                "timeout": 15,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
                "PRAGMA busy_timeout=15000;PRAGMA cache_size=-32000;",
            },
            "CONN_MAX_AGE": 600,
        }
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or parts.hostname or ""
    # our questions are short and often: compiling one takes longer than answering it
    options.setdefault("options", "-c jit=off")
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(options.pop("port", "") or parts.port or ""),
        "OPTIONS": options,
        # a pool hands out live connections itself
        "CONN_MAX_AGE": 0 if pool else 600,
        "CONN_HEALTH_CHECKS": True,
    }


def secret_key_of(configuration: Configuration) -> str:
    """Return the secret key; outside production one is made at first and kept in ``DAREMO_DATA/secret_key``."""
    if configuration["DAREMO_SECRET_KEY"]:
        return str(configuration["DAREMO_SECRET_KEY"])
    import os
    import secrets

    path = Path(configuration["DAREMO_DATA"]) / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(64)
    half = path.with_name(f"secret_key.{os.getpid()}")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(made)
    try:
        # a link fails where the name exists: of two first starts only one makes the key, and none is read half-written
        os.link(half, path)
    except FileExistsError:
        pass
    finally:
        half.unlink()
    return path.read_text().strip()
