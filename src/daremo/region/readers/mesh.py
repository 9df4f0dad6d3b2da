"""Census by grid square (e-Stat, T001101 family): suppressed cells and the cell that took them up are one unit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from daremo.region.readers import cells
from daremo.region.readers.found import AreaRow, Edition, Found, MeshRow
from daremo.region.readers.sheet import Sheet, heading_key

#: Last three digits of the column codes of T001101 and its sisters, when the row of labels is missing.
_SUFFIX = {
    "001": ("total", "all"),
    "002": ("total", "m"),
    "003": ("total", "f"),
    "005": ("0-14", "m"),
    "006": ("0-14", "f"),
    "011": ("15-64", "m"),
    "012": ("15-64", "f"),
    "020": ("65+", "m"),
    "021": ("65+", "f"),
    "023": ("75+", "m"),
    "024": ("75+", "f"),
    "026": ("85+", "m"),
    "027": ("85+", "f"),
    "034": ("households", "all"),
}
_LABELS = {
    "人口(総数)": "total",
    "人口総数": "total",
    "0~14歳人口": "0-14",
    "15~64歳人口": "15-64",
    "65歳以上人口": "65+",
    "75歳以上人口": "75+",
    "85歳以上人口": "85+",
    "世帯総数": "households",
}
#: Years of the census behind each table.
_EDITIONS = {
    "T001100": 2020,
    "T001101": 2020,
    "T001102": 2020,
    "T001140": 2020,
    "T001141": 2020,
    "T000846": 2015,
    "T000847": 2015,
    "T000876": 2015,
}


def mesh_corner(code: str) -> tuple[float, float, float, float]:
    """South-west corner and size of a grid square (degrees): south, west, height, width.

    Raises
    ------
    ValueError
        Where the code is not one of 8 to 11 digits in JIS X 0410.
    """
    if not re.fullmatch(r"\d{4}[0-7]{2}\d{2}[1-4]{0,3}", code):
        raise ValueError(code)
    a, b = int(code[:2]), int(code[2:4])
    south = a * 2 / 3 + int(code[4]) / 12 + int(code[6]) / 120
    west = 100 + b + int(code[5]) / 8 + int(code[7]) / 80
    height, width = 1 / 120, 1 / 80
    for q in code[8:]:
        height, width = height / 2, width / 2
        south += height * (int(q) > 2)
        west += width * (int(q) % 2 == 0)
    return south, west, height, width


def mesh_centre(code: str) -> tuple[float, float]:
    """Centre of a grid square: latitude and longitude (degrees)."""
    south, west, height, width = mesh_corner(code)
    return south + height / 2, west + width / 2


def read_mesh(sheet: Sheet, found: Found) -> None:
    """Read one mesh table into rows; `mesh_editions` joins the files."""
    column = {heading_key(h): i for i, h in enumerate(sheet.heads)}
    found.dataset = "mesh"
    stats = next((h[:7].upper() for h in sheet.heads if re.match(r"T\d{9}$", h, re.I)), "")
    found.edition_year = _EDITIONS.get(stats)
    found.date = f"{found.edition_year}-10-01" if found.edition_year else ""
    found.title = f"国勢調査 地域メッシュ統計 {stats}"
    wanted = _columns(sheet)
    if ("total", "all") not in wanted:
        found.tell(
            "missing-column", "総人口の列が見つかりません", "T001101のような人口の表を入れてください", None, "", stats
        )
        return
    out: list[MeshRow] = []
    for n, row in zip(sheet.numbers, sheet.rows, strict=True):
        key = cells.flat(row[column["key_code"]])
        if not key:
            continue
        try:
            mesh_corner(key)
        except ValueError:
            found.rows_rejected += 1
            found.tell(
                "bad-mesh-code",
                "地域メッシュコードではありません",
                "8〜11けたのコードを確かめてください",
                n,
                "KEY_CODE",
                key,
            )
            continue
        mesh = _row(sheet, found, row, n, key, wanted, column)
        if mesh is None:
            found.rows_rejected += 1
        else:
            out.append(mesh)
    found.mesh[stats] = out
    found.rows_used = len(out)


def _columns(sheet: Sheet) -> dict[tuple[str, str], int]:
    """Where each count stands: by the second row of labels, else by the column code."""
    labels = sheet.rows[0] if sheet.rows and not sheet.rows[0][0].strip() else []
    out: dict[tuple[str, str], int] = {}
    for i, h in enumerate(sheet.heads):
        text = heading_key(labels[i]).replace("〜", "~").replace("～", "~") if labels else ""
        m = re.fullmatch(r"(.+?)(総数|男|女)?", text)
        if m and m[1] + (m[2] or "") in _LABELS:
            out[_LABELS[m[1] + (m[2] or "")], "all"] = i
        elif m and m[1] in _LABELS:
            out[_LABELS[m[1]], {"男": "m", "女": "f"}.get(m[2] or "", "all")] = i
        elif not labels and re.match(r"T\d{9}$", h, re.I) and h[-3:] in _SUFFIX:
            out[_SUFFIX[h[-3:]]] = i
    return out


def _row(
    sheet: Sheet,
    found: Found,
    row: list[str],
    n: int,
    key: str,
    wanted: dict[tuple[str, str], int],
    column: dict[str, int],
) -> MeshRow | None:
    values: dict[tuple[str, str], float | None] = {}
    for name, i in wanted.items():
        try:
            values[name] = cells.number(row[i])
        except ValueError:
            found.tell(
                "not-a-number",
                "人数ではない文字が入っています",
                "もとのファイルを入れなおしてください",
                n,
                sheet.heads[i],
                row[i],
            )
            return None
    total = values["total", "all"]
    if total is None or total < 0:
        found.tell(
            "missing-people",
            "総人口が空です",
            "もとのファイルを入れなおしてください",
            n,
            sheet.heads[wanted["total", "all"]],
        )
        return None
    bands: dict[tuple[str, int, int], float] | None = {}
    for sex in ("m", "f"):
        young, work, old, older, oldest = (values.get((b, sex)) for b in ("0-14", "15-64", "65+", "75+", "85+"))
        if young is None or work is None or old is None or older is None or oldest is None:
            bands = None
            break
        assert bands is not None
        bands |= {
            (sex, 0, 14): young,
            (sex, 15, 64): work,
            (sex, 65, 74): old - older,
            (sex, 75, 84): older - oldest,
            (sex, 85, 130): oldest,
        }
    text = {k: cells.flat(row[column[k]]) if k in column else "" for k in ("htksyori", "htksaki", "gassan")}
    return MeshRow(
        key,
        n,
        text["htksyori"] or "0",
        text["htksaki"],
        tuple(g for g in text["gassan"].split(";") if g),
        total,
        values.get(("total", "m")) or 0.0,
        values.get(("total", "f")) or 0.0,
        values.get(("households", "all")) or 0.0,
        bands,
    )


def mesh_editions(found: Sequence[Found]) -> list[Edition]:
    """Join mesh files of one table and size: boundary cells summed, suppressed cells joined to their destination."""
    joined: dict[tuple[str, int], list[tuple[Found, list[MeshRow]]]] = defaultdict(list)
    for f in found:
        for stats, rows in f.mesh.items():
            sizes: dict[int, list[MeshRow]] = defaultdict(list)
            for r in rows:
                sizes[len(r.key)].append(r)
            for size, some in sizes.items():
                joined[stats, size].append((f, some))
    for parts in joined.values():
        _ask_for_partners(parts)
    out = []
    for (stats, size), parts in sorted(joined.items()):
        first, *others = (f for f, _ in parts)
        units = _units(_without_double(parts))
        names = tuple(f.file for f in others)
        out.append(Edition(first.file, "mesh", first.date, "", f"{stats}:{size}", units, more_files=names))
    return out


def _ask_for_partners(parts: list[tuple[Found, list[MeshRow]]]) -> None:
    """Ask once a file for the cells that suppressed ones flowed into, or came from, where no file holds them."""
    keys = {r.key for _, rows in parts for r in rows}
    for f, rows in parts:
        lone = [r for r in rows if any(k and k not in keys for k in (r.sink if r.state == "2" else "", *r.parts))]
        if lone:
            f.tell(
                "mesh-part-missing",
                f"人数をまとめた相手のメッシュがありません（{len(lone)}行）",
                "となりの第1次メッシュのファイルも入れてください",
                lone[0].row,
                "HTKSAKI" if lone[0].sink else "GASSAN",
                lone[0].sink or ";".join(lone[0].parts),
                "question",
            )


def _without_double(parts: list[tuple[Found, list[MeshRow]]]) -> list[tuple[str, MeshRow]]:
    """Rows to sum: a package of one first mesh is complete, so other packages' rows in that square are left out."""
    whole: dict[str, Found] = {}
    out: list[tuple[str, MeshRow]] = []
    for f, rows in parts:
        firsts = {r.key[:4] for r in rows}
        if len(firsts) == 1 and (first := firsts.pop()) not in whole and len(parts) > 1:
            whole[first] = f
    for f, rows in parts:
        for r in rows:
            owner = whole.get(r.key[:4])
            if owner is None or owner is f:
                out.append((f.file, r))
                continue
            f.rows_used -= 1
            if not any(p.code == "mesh-twice" for p in f.problems):
                f.tell(
                    "mesh-twice",
                    f"第1次メッシュ{r.key[:4]}は{owner.file}にもあるので、そちらだけを数えました",
                    "このままで大丈夫です",
                    r.row,
                    "KEY_CODE",
                    r.key,
                    "warning",
                )
    return out


def _units(rows: Iterable[tuple[str, MeshRow]]) -> list[AreaRow]:
    """One area for each destination with all that flowed into it."""
    listed = list(rows)
    parent: dict[str, str] = {r.key: r.key for _, r in listed}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for _, r in listed:
        for other in (r.sink, *r.parts):
            if other and other in parent:
                parent[root(other)] = root(r.key)
    groups: dict[str, list[tuple[str, MeshRow]]] = defaultdict(list)
    for file, r in listed:
        groups[root(r.key)].append((file, r))
    return sorted((_unit(g) for g in groups.values()), key=lambda a: a.area_id)


def _unit(group: list[tuple[str, MeshRow]]) -> AreaRow:
    """A destination and its sources as one area; people whose age is not told go into one band over all ages."""
    heads = [x for x in group if x[1].state == "1"] or [x for x in group if x[1].state == "0"] or group
    file, head = min(heads, key=lambda x: x[1].key)
    total = sum(r.total for _, r in group)
    weights = [(r.total if total else 1.0, *mesh_centre(r.key)) for _, r in group]
    weight = sum(w for w, *_ in weights)
    area = AreaRow(
        head.key,
        head.key,
        file,
        head.row,
        sum(w * lat for w, lat, _ in weights) / weight,
        sum(w * lon for w, _, lon in weights) / weight,
        round(sum(r.households for _, r in group)),
        total,
        sum(r.men for _, r in group),
        sum(r.women for _, r in group),
    )
    for _, r in group:
        for band, value in (r.bands or {}).items():
            if value:
                area.bands[band] = area.bands.get(band, 0.0) + value
    for sex, stated in (("m", area.men or 0.0), ("f", area.women or 0.0)):
        rest = stated - sum(v for (s, *_), v in area.bands.items() if s == sex)
        if rest > 0:
            area.bands[sex, 0, 130] = rest
    return area
