"""Completeness: which tables are missing and what that means, and how old the rest is."""

from __future__ import annotations

import datetime
import re

import polars as pl

from daremo.kernel.errors import Problem
from daremo.region.check_finding import finding
from daremo.region.model import Region

#: What a person loses while a table is empty.
MEANING = {
    "lines": "回線の壁は、全国のふつうの値で見つもります。地区ごとの回線のちがいは出ません。",
    "services": "サービスの壁は、全国のふつうの値で見つもります。どのサービスを直せばよいかは出ません。",
    "organisations": "手伝ってくれる組織の名前が、計画に出ません。",
    "survey": "できる・できないの割合は、全国の調査から見つもります。この町の答えは入りません。",
    "hazards": "災害のときの見つもりは、地区ごとの危なさを考えに入れません。",
    "backbone": "幹線が切れたときの見つもりができません。",
    "islands": "船で渡る地区があるときは、歩いて行けることになってしまいます。島がない町なら、なくて大丈夫です。",
    "events": "行事に合わせた相談会の案が出ません。",
    "actions": "打ち手の費用と効き目は、ひな形の値を使います。",
}
OLD_YEARS = 3
DATE = re.compile(r"(\d{4})[-/年.]?(\d{1,2})(?:[-/月.]?(\d{1,2}))?")


def missing(region: Region) -> list[Problem]:
    """One ``missing-table`` finding for each empty table, with the figure it concerns."""
    return [finding("missing-table", meaning, t, value=t) for t, meaning in MEANING.items() if region[t].is_empty()]


def date_of(text: object) -> datetime.date | None:
    """The day a text begins with (``2026-01-01``, ``202601``, ``2026年1月``), or None."""
    found = DATE.match(str(text or "").strip())
    if not found:
        return None
    try:
        return datetime.date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return None


def dates(region: Region) -> list[tuple[str, str, datetime.date]]:
    """(file, title, day) of every source and every table that states its date."""
    out = [
        (str(s.get("file", "")), str(s.get("title") or s.get("kind") or s.get("file", "")), day)
        for s in region.sources
        if (day := date_of(s.get("date")))
    ]
    for table, title in (("lines", "回線の表"), ("survey", "調査の表")):
        by_source = region[table].filter(pl.col("date").is_not_null()).group_by("source", maintain_order=True)
        for source, latest in by_source.agg(pl.col("date").max()).iter_rows():
            if day := date_of(latest):
                out.append((str(source or table), title, day))
    return out


def stale(region: Region, today: datetime.date | None) -> list[Problem]:
    """``stale-data``: sources more than three years behind today or, where today is not told, the newest source."""
    known = dates(region)
    if not known:
        return []
    newest = today or max(day for _, _, day in known)
    behind = "今日" if today else "いちばん新しいデータ"
    return [
        finding(
            "stale-data",
            f"{title}は{day.isoformat()}のもので、{behind}より{(newest - day).days / 365.25:.0f}年前です。",
            file,
            value=day.isoformat(),
        )
        for file, title, day in known
        if (newest - day).days > OLD_YEARS * 365.25
    ]


def reversed_editions(region: Region, against: Region) -> list[Problem]:
    """``editions-reversed`` where the edition compared with is the newer one."""
    ours, theirs = (max((d for *_, d in dates(r)), default=None) for r in (region, against))
    if ours is None or theirs is None or theirs <= ours:
        return []
    message = f"くらべる相手（{theirs.isoformat()}）のほうが新しいようです（こちらは{ours.isoformat()}）。"
    return [finding("editions-reversed", message, "areas", value=theirs.isoformat(), severity="question")]
