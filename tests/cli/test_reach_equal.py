"""Equally good layouts as ``daremo reach`` tells them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two hamlets 50 km apart; the near one has two halls in one building, the far one a hall of its own."""
    (tmp_path / "demand.csv").write_text("id,name,lat,lon,people\na,A,34.0,133.0,10\nb,B,34.5,133.0,4\n")
    (tmp_path / "places.csv").write_text(
        "id,name,lat,lon\nh1,Hall 1,34.0,133.0\nh2,Hall 2,34.0,133.0\nh3,Hall 3,34.5,133.0\n"
    )
    return tmp_path


@pytest.mark.parametrize(("verb", "more"), [("cover", ("--radius-km", 5)), ("median", ()), ("centre", ())])
def test_a_hall_that_may_stand_for_an_open_one_is_told(
    verb: str, more: tuple[object, ...], files: Path, daremo: Callable[..., Ran], tmp_path: Path
) -> None:
    asked = ("reach", verb, files / "demand.csv", files / "places.csv", "--p", 2, *more)
    told = daremo(*asked, "--json").json
    other = ({"h1", "h2"} - set(told["open"])).pop()
    taken = ({"h1", "h2"} & set(told["open"])).pop()
    assert told["equally_good"] == [{"close": taken, "open": other}] and told["equally_good_count"] == 1
    if verb != "centre":
        assert told["equally_good_layouts"] == [sorted({other, "h3"})] and told["equally_good_complete"]
    names = f"Hall {taken[1]}", f"Hall {other[1]}"
    ran = daremo(*asked, "-o", tmp_path / "kept")
    assert f"同じ良さの選び方: 「{names[0]}」の代わりに「{names[1]}」でもよい" in ran.out
    assert f"「{names[1]}」でもよい" in (tmp_path / "kept" / "map.html").read_text(encoding="utf-8").replace(
        "<wbr>", ""
    )
    assert f'Equally good: "{names[1]}" may stand for "{names[0]}"' in daremo(*asked, "--lang", "en").out


def test_nothing_is_said_where_no_other_layout_is_as_good(files: Path, daremo: Callable[..., Ran]) -> None:
    ran = daremo("reach", "cover", files / "demand.csv", files / "places.csv", "--p", 3, "--radius-km", 5)
    assert "同じ良さ" in ran.out
    ran = daremo("reach", "cover", files / "places.csv", "--p", 0, "--radius-km", 5)
    assert "同じ良さ" not in ran.out
