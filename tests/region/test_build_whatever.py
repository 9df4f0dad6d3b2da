"""Whatever bytes or cells a file holds, the build answers with documented problems and does not crash."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daremo.kernel.tables import rows_of
from daremo.region.build import build

DOCUMENTED = {r["code"] for r in rows_of("daremo.region", "problem_codes")}
POPULATION = (
    "市区町村コード,都道府県名,調査年月日,地域名,総人口,男性,女性,0-64歳の男性,65歳以上の男性,世帯数,緯度,経度\n"
)
FACILITY = "NO,名称,住所,緯度,経度,電話番号,バリアフリー情報\n"
EVENT = "イベント名,開始日,場所名称,緯度,経度\n"
OWN_PLACES = "施設コード,施設名,種類,緯度,経度,部屋数,候補,段差なし\n"
OWN_AREAS = "地区コード,地区名,緯度,経度,世帯数\n"
OWN_PEOPLE = "地区コード,性別,年齢（から）,年齢（まで）,人数\n"
MESH = "KEY_CODE,HTKSYORI,HTKSAKI,GASSAN,T001101001,T001101002,T001101003,T001101005,T001101006\n"


@given(
    data=st.binary(max_size=400),
    head=st.sampled_from(
        [b"", b"PK\x03\x04", b"PAR1", b"{", b"\x00\x00\x27\x0a", b"\xef\xbb\xbf", b"\xd0\xcf\x11\xe0"]
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_crash_the_build(tmp_path: Path, data: bytes, head: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(head + data)
    result = build([tmp_path])
    assert len(result.files) == 1 and {p.code for p in result.problems} <= DOCUMENTED


@given(
    rows=st.lists(st.lists(st.text(max_size=8), min_size=4, max_size=4), max_size=6),
    table=st.sampled_from([POPULATION, FACILITY, EVENT, OWN_PLACES, OWN_AREAS, OWN_PEOPLE, MESH]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cells_whatever_crash_the_build(tmp_path: Path, rows: list[list[str]], table: str) -> None:
    quoted = "\n".join(
        ",".join('"' + c.replace('"', '""') + '"' for c in (r * 5)[: table.count(",") + 1]) for r in rows
    )
    (tmp_path / "x.csv").write_bytes((table + quoted).encode("utf-8", "replace"))
    result = build([tmp_path])
    assert len(result.files) == 1 and {p.code for p in result.problems} <= DOCUMENTED
    assert all(p.file in ("x.csv", "") or p.code in ("no-areas", "no-places") for p in result.problems)
