"""The place search: what comes first, what is left out, what a city's own page is given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from daremo.web.apps.finder.searching import find
from tests.journeys.desk import NOW, Town
from tests.web.finder.conftest import Resident

NAMES = ["みなとコミュニティセンター", "ひがし図書館", "みほん駅前 郵便局", "市役所 1階 3番窓口"]


def order(asked: dict[str, Any], hours: float = 0) -> list[int]:
    return [NAMES.index(p.name) + 1 for p in find(asked, NOW + timedelta(hours=hours)).ordered]


def test_the_nearest_comes_first(town: Town) -> None:
    assert order({"q": "みなと町1丁目"}) == [1, 2, 3, 4]


def test_the_position_of_the_device_is_a_start_too_and_what_is_written_wins(town: Town) -> None:
    assert order({"at": "34.324,134.006"})[0] == 4
    assert order({"at": "34.324,134.006", "q": "みなと町"})[0] == 1


@pytest.mark.parametrize("at", ["34.32412,134.006", "91.0,134.0", "34.3,181.0", "x", "34.3;134.0", "nan,nan"])
def test_a_position_that_is_finer_than_a_hundred_metres_or_nowhere_is_not_used(town: Town, at: str) -> None:
    assert find({"at": at}, NOW).near is None


def test_without_a_place_the_earliest_free_time_comes_first(town: Town) -> None:
    assert order({}) == [1, 2, 3, 4]  # 10, 11, 12 and 13 o'clock tomorrow


def test_open_now_comes_first_then_whoever_opens_next_then_hours_that_are_not_known(town: Town) -> None:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places import services as places

    places.change_point(of_the_system(NOW), town.points[0], opening_hours="")
    # ten o'clock: 3 and 4 are open, 2 opens at one, of 1 nobody knows
    assert order({"q": "みなと町1丁目", "has": ["open"]}) == [3, 4, 2, 1]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"has": ["step_free"]}, [1]),
        ({"has": ["sign"]}, [2]),
        ({"has": ["walk_in"]}, [4]),
        ({"lang": "vi"}, [3]),
        ({"has": ["step_free", "sign"]}, []),
    ],
)
def test_a_filter_leaves_out_what_does_not_fit(town: Town, asked: dict[str, Any], found: list[int]) -> None:
    assert order(asked) == found


def test_a_search_that_finds_nothing_says_what_to_do(resident: Resident) -> None:
    page = resident.get("/?has=step_free&has=sign").content.decode()
    assert "条件をへらすか、お電話ください" in page and "0000-12-3456" in page


def test_an_unknown_town_shows_all_places_and_says_so(resident: Resident) -> None:
    page = resident.get("/?q=どこにもない町").content.decode()
    assert "その場所は見つかりませんでした" in page and all(name[:4] in page for name in NAMES)


@pytest.mark.parametrize("query", ["?need=%00", "?lang=xx", "?more=0", "?more=99999", "?has=zzz", "?q=" + "あ" * 200])
def test_nonsense_in_the_address_shows_the_list(resident: Resident, query: str) -> None:
    assert resident.get("/" + query).status_code == 200
    assert resident.get("/embed/" + query).status_code == 200


def test_a_course_stands_on_its_place_and_not_among_single_times(resident: Resident, town: Town) -> None:
    home, place = resident.get("/").content.decode(), resident.get(f"/places/{town.points[0].pk}/").content.decode()
    first = f"/book/{town.series.sessions.order_by('ordinal').first().pk}/"
    assert first not in home and first in place and "全4回" in place


def test_a_citys_page_is_given_the_same_places_and_times(resident: Resident) -> None:
    answer = resident.get("/embed/times.json?q=みなと町1丁目&count=2&language=en")
    told = answer.json()
    assert [p["name"].split(" ")[0] for p in told["places"]] == NAMES[:2]
    assert told["places"][0]["times"][0]["starts"] == "2026-12-02T01:00:00+00:00"
    assert told["places"][0]["times"][0]["page"].startswith("http://testserver/book/")
    assert "Free times as of" in told["as_of"] and "{" not in answer.content.decode().replace('{"', "")


@pytest.mark.parametrize("path", ["/embed/", "/embed/times.json"])
def test_other_sites_may_read_the_list_and_nothing_else(resident: Resident, path: str) -> None:
    answer = resident.get(path)
    assert answer["Access-Control-Allow-Origin"] == "*" and "max-age=60" in answer["Cache-Control"]
    assert not answer.cookies and "Access-Control-Allow-Credentials" not in answer
    assert resident.client.post(path).status_code == 405
    for other in ("/", "/mine/", "/places/1/", "/embed/finder.js"):
        assert "Access-Control-Allow-Origin" not in resident.get(other)


def test_the_piece_of_html_has_no_script_no_style_and_whole_addresses(resident: Resident) -> None:
    page = resident.get("/embed/?language=ja-easy").content.decode()
    assert "<script" not in page and "style" not in page and "<html" not in page and "<ruby" not in page
    assert 'href="/' not in page and page.count('href="http://testserver/book/') >= 3


def test_a_place_that_is_closed_for_good_is_not_found(resident: Resident, town: Town) -> None:
    from daremo.web.apps.journal.act import of_the_system
    from daremo.web.apps.places import services as places

    places.close_point(of_the_system(NOW), town.points[1])
    assert "ひがし図書館" not in resident.get("/").content.decode()
    assert resident.get(f"/places/{town.points[1].pk}/").status_code == 404
