"""Several editions of people: the newest consistent one is the base, the others are kept aside and told about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from daremo.region.readers import cells
from daremo.region.readers.found import AreaRow, Edition, Found

#: Share of a municipality's areas with a doubt from which on an edition is not a base.
DOUBTFUL_SHARE = 0.05
_RANK = {"population": 0, "small_area": 1, "mesh": 2}


def choose(editions: Sequence[Edition], found_by_file: dict[str, Found]) -> list[Edition]:
    """The editions that make up the region: one for each municipality, of one kind.

    Municipal tables come before small areas, these before mesh cells; among dates the newest that is consistent.
    Notes about every edition left out are added to its file.
    """
    usable = [e for e in editions if e.areas]
    if not usable:
        return []
    rank = min(_rank(e) for e in usable)
    for e in usable:
        if _rank(e) != rank:
            base = next(x for x in usable if _rank(x) == rank).file
            for file in (e.file, *e.more_files):
                _aside(found_by_file[file], f"人口は「{base}」を使い、この表の人数は足しません。")
    same = [e for e in usable if _rank(e) == rank]
    if same[0].kind == "mesh":
        finest = max(same, key=lambda e: (e.date, int(e.city.split(":")[1])))
        for e in same:
            for file in (e.file, *e.more_files) if e is not finest else ():
                _aside(
                    found_by_file[file], f"新しいか細かい「{finest.file}」のメッシュを使い、この表の人数は足しません。"
                )
        return [finest]
    towns: dict[str, list[Edition]] = defaultdict(list)
    known = {e.code for e in same if e.code}
    for e in same:
        # a table without a code belongs to the only municipality there is
        towns[e.code or (next(iter(known)) if len(known) == 1 else e.city)].append(e)
    return [_newest(group, found_by_file) for _, group in sorted(towns.items())]


def _rank(e: Edition) -> tuple[bool, int]:
    return (not e.has_ages, _RANK[e.kind])


def _newest(group: list[Edition], found_by_file: dict[str, Found]) -> Edition:
    """The newest consistent edition of one municipality; if none is consistent, the one with fewest doubts."""
    ordered = sorted(group, key=lambda e: (e.date, e.file.count("/") * -1), reverse=True)
    for e in ordered:
        older = next((o for o in ordered if o.date < e.date), None)
        if older is not None and (jumps := one_sided(e, older)):
            e.doubts += max(len(jumps), int(DOUBTFUL_SHARE * len(e.areas)) + 1)
            a = jumps[0]
            found_by_file[e.file].tell(
                "one-sided-jump",
                f"「{a.name}」は男女の片方だけが急に変わっています（前の版 {older.date}）",
                "この版をもとの公表元に確かめてください",
                a.row,
                "",
                f"男{a.men:.0f}・女{a.women:.0f}",
                "warning",
            )
    sound = [e for e in ordered if e.doubts <= DOUBTFUL_SHARE * len(e.areas)]
    base = sound[0] if sound else min(ordered, key=lambda e: e.doubts)
    for e in ordered:
        if e is base:
            continue
        f = found_by_file[e.file]
        if _same(e, base):
            _aside(f, f"「{base.file}」と同じ内容です。")
        elif e.date > base.date:
            _aside(f, f"新しい版（{e.date}）ですが、疑わしいところがあるので使いません。変化の確かめに使えます。")
        elif e.date < base.date:
            _aside(f, f"古い版（{e.date}）です。変化の確かめに使えます。")
        else:
            _aside(f, f"「{base.file}」と同じ日付で内容がちがいます。")
            f.tell(
                "edition-conflict",
                f"「{base.file}」と同じ日付の人口で、人数がちがいます",
                "どちらか正しい方だけを入れてください",
                severity="question",
            )
    return base


def _same(a: Edition, b: Edition) -> bool:
    def content(e: Edition) -> list[tuple[str, tuple[tuple[tuple[str, int, int], float], ...]]]:
        return [(x.name, tuple(sorted(x.bands.items()))) for x in e.areas]

    return content(a) == content(b)


def one_sided(newer: Edition, older: Edition) -> list[AreaRow]:
    """Areas where one sex changed by over 30 % (and 50 people) while the other and the households moved under 5 %."""
    before = {cells.plain_name(a.name): a for a in older.areas}
    out = []
    for a in newer.areas:
        b = before.get(cells.plain_name(a.name))
        if b is None or not (a.men and a.women and b.men and b.women):
            continue
        men, women = abs(a.men - b.men) / b.men, abs(a.women - b.women) / b.women
        large = max(abs(a.men - b.men), abs(a.women - b.women)) >= 50
        homes = abs((a.households or 0) - (b.households or 0)) / max(b.households or 1, 1)
        if large and max(men, women) > 0.3 and min(men, women) < 0.05 and homes < 0.05:
            out.append(a)
    return out


def _aside(found: Found, note: str) -> None:
    found.rows_used = 0
    if note not in found.note:
        found.add_note(note)
