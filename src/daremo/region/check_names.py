"""Names: garbled ones, and the same one twice."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np

from daremo.kernel.errors import Problem
from daremo.region.check_finding import Row, finding, kilometres, plain_name, rows, some_names
from daremo.region.model import Region

#: U+FFFD; lost characters; UTF-8 read as CP932 (縺 繧 繝 begin every kana) or as Latin-1 or CP1252 (ã to é, upper half).
GARBLED = re.compile(r"\ufffd|\?{2,}|[縺繧繝][\u0080-\uffff]|[ã-é][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ]")
JAPANESE = re.compile(r"[ -~\u2010-\u2015\u2460-\u2473\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+")
SAME_PLACE_KM = 0.05
#: Kinds of which many share one building and one name.
OFTEN_SHARED = ("wifi",)


def garbled(name: str) -> bool:
    """Whether a name was decoded with the wrong character code."""
    return bool(GARBLED.search(name)) or _reads_as_utf8(name, "cp932") or _reads_as_utf8(name, "latin-1")


def _reads_as_utf8(name: str, wrong: str) -> bool:
    """Whether the bytes behind a name, taken back to what `wrong` had read, are Japanese text in UTF-8."""
    try:
        right = name.encode(wrong).decode("utf-8")
    except UnicodeError:
        return False
    return not right.isascii() and bool(JAPANESE.fullmatch(right))


def mojibake(region: Region) -> list[Problem]:
    """``mojibake-name`` for districts, places, services, organisations and events."""
    out = []
    for table in ("areas", "places", "services", "organisations", "events"):
        for r in rows(region[table]):
            if garbled(str(r["name"])):
                out.append(
                    finding(
                        "mojibake-name",
                        "名前の文字が化けていて、どこのことか読めません。",
                        table,
                        r,
                        column="name",
                        value=r["name"],
                        severity="error",
                    )
                )
    return out


def duplicate_names(region: Region) -> list[Problem]:
    """``duplicate-name``: one district name on several rows (garbled names are left to `mojibake`)."""
    by_name: dict[str, list[Row]] = defaultdict(list)
    for r in rows(region.areas):
        if not garbled(r["name"]):
            by_name[plain_name(r["name"])].append(r)
    out = []
    for same in by_name.values():
        for again in same[1:]:
            first = f"{same[0]['source_row']}行め" if same[0]["source_row"] else same[0]["area_id"]
            message = f"地区名「{again['name']}」が{len(same)}回あります（はじめは{first}）。"
            out.append(finding("duplicate-name", message, "areas", again, column="name", value=again["name"]))
    return out


def duplicate_places(region: Region) -> list[Problem]:
    """``duplicate-place``: the same kind, name and (within 50 m) point twice."""
    places = rows(region.places)
    xy = kilometres(region.places["latitude"].to_list(), region.places["longitude"].to_list())
    by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, r in enumerate(places):
        if r["kind"] not in OFTEN_SHARED:
            by_name[r["kind"], plain_name(r["name"])].append(i)
    out = []
    for same in by_name.values():
        for k, i in enumerate(same[1:], start=1):
            twin = next((j for j in same[:k] if float(np.hypot(*(xy[i] - xy[j]))) <= SAME_PLACE_KM), None)
            if twin is not None:
                message = f"同じ種類・名前・場所の施設が2回あります: {some_names([places[twin]])}"
                name = places[i]["name"]
                out.append(finding("duplicate-place", message, "places", places[i], column="name", value=name))
    return out
