"""Licences keyed by data set and edition: what is not free is refused unless the user says it is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE
from daremo.region.readers.found import Found


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of one data set's edition; `allowed` is ``yes``, ``no`` or ``ask``."""

    dataset: str
    title: str
    licence: str
    allowed: str
    owner: str


def look_up(dataset: str, year: int | None) -> Licence | None:
    """Terms of a data set.

    Parameters
    ----------
    dataset : str
        E.g. ``"P30"`` or ``"osm"``.
    year : int or None
        Year of the edition. Where it is not known the strictest edition counts.

    Returns
    -------
    Licence or None
        None where the data set is not in ``licences.csv``.
    """
    order = {"no": 0, "ask": 1, "yes": 2}
    rows = [
        r
        for r in rows_of(PACKAGE, "licences")
        if r["dataset"] == dataset and (year is None or int(r["edition_from"]) <= year <= int(r["edition_to"]))
    ]
    if not rows:
        return None
    r = min(rows, key=lambda r: order[r["allowed"]])
    return Licence(r["dataset"], r["title"], r["licence"], r["allowed"], r["owner"])


def refuse(found: Found, dataset: str, accept: bool) -> bool:
    """Whether a file must not be read; its terms are written into `found` either way."""
    terms = look_up(dataset, found.edition_year)
    if terms is None:
        found.tell(
            "licence-unknown",
            f"国土数値情報{dataset}の利用条件が分かりません",
            "配布ページで利用条件を確かめてください",
            severity="question",
        )
        return False
    edition = f"{found.edition_year}年版" if found.edition_year else "版の年は不明"
    found.title, found.owner, found.licence = f"{terms.title}（{dataset}、{edition}）", terms.owner, terms.licence
    if terms.allowed == "no" and not accept:
        found.note = f"利用条件が「{terms.licence}」なので読みませんでした。"
        found.tell(
            "licence-refused",
            f"{terms.title}（{dataset}、{edition}）の利用条件は「{terms.licence}」です。読みませんでした",
            "利用が認められている場合だけ --accept-licence を付けてください",
            value=terms.licence,
        )
        return True
    if terms.allowed != "yes":
        found.tell(
            "licence-ask",
            f"{terms.title}（{dataset}、{edition}）の利用条件は「{terms.licence}」です",
            "公表や再配布の前に利用条件を確かめてください",
            value=terms.licence,
            severity="question",
        )
    return False
