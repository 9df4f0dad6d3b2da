"""People by district and age from municipal tables, columns found by heading whatever their order."""

from __future__ import annotations

from collections import Counter

from daremo.kernel.tables import rows_of
from daremo.region.model import PACKAGE
from daremo.region.readers import cells
from daremo.region.readers.found import AreaRow, Edition, Found
from daremo.region.readers.points import read_point
from daremo.region.readers.sheet import Sheet

_TOTAL_ROWS = {"合計", "総数", "総計", "計", "全市", "市計", "全体", "総合計", "全域", "小計", "県計"}


def read_population(sheet: Sheet, found: Found) -> None:
    """Read a municipal population table into editions, one for each municipality and date in it."""
    bands = finest(sheet.ages)
    groups: dict[tuple[str, str], Edition] = {}
    seen: dict[tuple[str, str, str], tuple[int, tuple[str, ...]]] = {}
    ordinal = 0
    lines = list(sheet.lines())
    count_of: Counter[str] = Counter()
    for n, row in lines:
        name = cells.one_line(sheet.cell(row, "area_name"))
        city = cells.one_line(sheet.cell(row, "city"))
        ordinal += 1
        if not name:
            found.rows_rejected += 1
            found.tell("missing-name", "地区名が空です", "地区名を入れてください", n, sheet.heading("area_name"))
            continue
        if cells.plain_name(name) in _TOTAL_ROWS or (name == city and len(lines) > 1):
            found.add_note(f"{n}行めの「{name}」は合計なので、地区には数えません。")
            continue
        area = _area(sheet, found, row, n, name, bands)
        if area is None:
            found.rows_rejected += 1
            continue
        code = _code(sheet, found, row, n, count_of)
        day = cells.date(sheet.cell(row, "survey_date"))
        same = (code, day, name)
        if same in seen and "\ufffd" not in name:
            first, content = seen[same]
            if content == tuple(row[i] for i, *_ in bands):
                found.rows_rejected += 1
                found.tell(
                    "duplicate-area",
                    f"{first}行めと同じ地区です",
                    "どちらか1行を消してください",
                    n,
                    sheet.heading("area_name"),
                    name,
                )
                continue
            found.tell(
                "duplicate-area",
                f"同じ名前の地区が{first}行めにもあり、人数がちがいます",
                "別の地区か、重なりかを確かめてください",
                n,
                sheet.heading("area_name"),
                name,
                "question",
            )
        seen[same] = (n, tuple(row[i] for i, *_ in bands))
        edition = groups.setdefault((code, day), Edition(sheet.file, "population", day, code, city, [], 0, bool(bands)))
        stated_id = cells.one_line(sheet.cell(row, "region_code"))
        taken = {a.area_id for a in edition.areas} if stated_id else set()
        stem = code[:5] or "area"
        area.area_id = stated_id if stated_id and stated_id not in taken else f"{stem}-{ordinal:03d}"
        edition.areas.append(area)
    found.editions = list(groups.values())
    for e in found.editions:
        _note_broken_names(found, sheet, e)
    found.date = max((e.date for e in found.editions), default="")
    if found.editions and not bands:
        found.tell(
            "no-ages",
            "年齢の列がありません。年齢は全国の割合で分けました",
            "年齢別の人口を足すと、正確になります",
            severity="question",
        )


def finest(ages: list[tuple[int, str, int, int]]) -> list[tuple[int, str, int, int]]:
    """Columns that count everybody once: narrow bands first, none overlapping; by sex where both sexes are told."""
    sexes = {s for _, s, *_ in ages}
    wanted = ("m", "f") if {"m", "f"} <= sexes else ("all",)
    out = []
    for sex in wanted:
        covered: set[int] = set()
        mine = [a for a in ages if a[1] == sex]
        for a in sorted((a for a in mine if a[2] >= 0), key=lambda a: a[3] - a[2]):
            years = set(range(a[2], a[3] + 1))
            if not years & covered:
                covered |= years
                out.append(a)
        out += [a for a in mine if a[2] < 0][:1]
    return sorted(out)


def _count(found: Found, sheet: Sheet, row: list[str], n: int, column: int) -> float | None:
    """A count of people in one cell; problems are told."""
    text = row[column]
    try:
        value = cells.number(text)
    except ValueError:
        found.tell(
            "not-a-number", "人数ではない文字が入っています", "数字だけにしてください", n, sheet.heads[column], text
        )
        raise
    if value is not None and (value < 0 or not value < 1e9):
        found.tell(
            "bad-number", "人数がマイナスか、大きすぎます", "人数を確かめてください", n, sheet.heads[column], text
        )
        raise ValueError(text)
    return value


def _area(
    sheet: Sheet, found: Found, row: list[str], n: int, name: str, bands: list[tuple[int, str, int, int]]
) -> AreaRow | None:
    """One district, or None where its row cannot be used."""
    area = AreaRow("", name, sheet.file, n)
    broken = False
    stated: dict[str, float | None] = {}
    for field in ("total", "men", "women", "households"):
        column = sheet.fields.get(field, [None])[0]
        try:
            stated[field] = None if column is None else _count(found, sheet, row, n, column)
        except ValueError:
            broken = True
    filled, blank = 0, 0
    for column, sex, low, high in bands:
        try:
            value = _count(found, sheet, row, n, column)
        except ValueError:
            broken = True
            continue
        if value is None:
            blank += 1
            continue
        filled += 1
        band = (sex, low, high) if low >= 0 else (sex, 0, 130)
        if value:
            area.bands[band] = area.bands.get(band, 0.0) + value
    if broken:
        return None
    area.people, area.men, area.women = stated["total"], stated["men"], stated["women"]
    area.households = None if stated["households"] is None else round(stated["households"])
    if not _complete(sheet, found, area, n, filled, blank, bool(bands)):
        return None
    area.latitude, area.longitude = read_point(sheet, found, row, n, needed=False)
    return area


def _complete(sheet: Sheet, found: Found, area: AreaRow, n: int, filled: int, blank: int, has_bands: bool) -> bool:
    """Whether the people of a row are known; fills what only the totals tell and tells what does not add up."""
    total = sum(area.bands.values())
    if filled == 0:
        if area.people is None and area.men is None:
            found.tell(
                "missing-people",
                "人数が空です。0人とは見なしません",
                "人数を入れるか、0人なら0と書いてください",
                n,
                sheet.heading("total"),
            )
            return False
        if has_bands and (area.people or 0) > 0:
            found.tell(
                "missing-ages",
                "年齢別の人数が空です。年齢は全国の割合で分けました",
                "年齢別の人数を確かめてください",
                n,
                sheet.heads[sheet.ages[0][0]],
                "",
                "question",
            )
        _unknown_age(area, area.men, area.women, area.people)
        return True
    if blank:
        found.tell(
            "blank-ages",
            f"年齢別の人数のうち{blank}か所が空です",
            "0人なら0と書いてください",
            n,
            sheet.heads[sheet.ages[0][0]],
            "",
            "question",
        )
        if area.people is not None and area.people > total:
            _unknown_age(area, None, None, area.people - total)
    elif area.people is not None and abs(total - area.people) >= 0.5:
        found.tell(
            "sum-mismatch",
            f"年齢別の合計は{total:.0f}人で、総人口と合いません。年齢別の数を使いました",
            "もとの資料で確かめてください",
            n,
            sheet.heading("total"),
            f"{area.people:.0f}",
            "warning",
        )
    elif (
        area.people is not None
        and area.men is not None
        and area.women is not None
        and abs(area.men + area.women - area.people) >= 0.5
    ):
        found.tell(
            "sum-mismatch",
            f"男{area.men:.0f}人と女{area.women:.0f}人の合計が総人口と合いません",
            "もとの資料で確かめてください",
            n,
            sheet.heading("total"),
            f"{area.people:.0f}",
            "warning",
        )
    return True


def _unknown_age(area: AreaRow, men: float | None, women: float | None, people: float | None) -> None:
    """People whose age is not told: one band over all ages, which the national age structure splits."""
    if men is not None and women is not None:
        for sex, value in (("m", men), ("f", women)):
            if value:
                area.bands[sex, 0, 130] = area.bands.get((sex, 0, 130), 0.0) + value
    elif people:
        area.bands["all", 0, 130] = area.bands.get(("all", 0, 130), 0.0) + people


def _code(sheet: Sheet, found: Found, row: list[str], n: int, told: Counter[str]) -> str:
    """Six-digit code of a row's municipality; each kind of repair is told once a file."""
    text = sheet.cell(row, "municipality_code")
    pref = sheet.cell(row, "pref")
    wanted = next((r["code"] for r in rows_of(PACKAGE, "prefectures") if r["ja"] == pref), "")
    code, repair = cells.municipality_code(text, wanted)
    if repair and repair != "no-check-digit":
        told[repair] += 1
        if told[repair] == 1:
            messages = {
                "lost-zero": (
                    "lost-zero",
                    f"市区町村コードの先頭の0が消えています。{code}と読みました",
                    "文字列として保存してください",
                    "warning",
                ),
                "bad-check-digit": (
                    "bad-check-digit",
                    f"市区町村コードの最後の数字が合いません。{code}と読みました",
                    "コードを確かめてください",
                    "warning",
                ),
                "ambiguous": (
                    "ambiguous-code",
                    f"市区町村コードが2通りに読めます。{code}と読みました",
                    "6けたで書いてください",
                    "question",
                ),
                "bad-code": ("bad-code", "市区町村コードではありません", "6けたのコードを入れてください", "question"),
            }
            c, message, fix, severity = messages[repair]
            found.tell(c, message, fix, n, sheet.heading("municipality_code"), text, severity)  # type: ignore[arg-type]
    if code:
        found.codes[code] = cells.one_line(sheet.cell(row, "city"))
    return code


def _note_broken_names(found: Found, sheet: Sheet, edition: Edition) -> None:
    """Tell of names with replacement characters, once a file."""
    broken = [a for a in edition.areas if "\ufffd" in a.name]
    if broken:
        edition.doubts += len(broken)
        found.tell(
            "mojibake-name",
            f"地区名が文字化けしています（{len(broken)}行）",
            "文字化けのない版を入れてください",
            broken[0].row,
            sheet.heading("area_name"),
            broken[0].name,
            "warning",
        )
