"""The row of tabs fits one row of a desk's screen, says where somebody is, and leads to every page in two presses."""

from __future__ import annotations

import re

import pytest

from daremo.web.ui.context import TABS_IN_A_ROW
from tests.web.staff.world import World

LINK = re.compile(r'<a href="([^"]+)"( aria-current="\w+")?>(.*?)</a>')


def rows_of(page: str) -> list[list[tuple[str, str, str]]]:
    """Return the rows of tabs as (address, where one is, label)."""
    nav = page[page.index('<ul class="tabs') :].split("</nav>")[0]
    return [LINK.findall(row) for row in nav.split("</ul>") if "<a " in row]


def test_one_tab_is_marked_on_a_page_below_it(world: World) -> None:
    page = world.client("city").get("/figures/reached/").content.decode()
    first, under = rows_of(page)
    assert [href for href, current, _ in first if current] == ["/figures/"]
    assert [href for href, current, _ in under if current] == ["/figures/"]


@pytest.mark.parametrize("role", ["city", "manager", "point", "supporter", "auditor"])
def test_no_role_has_more_tabs_than_fit_in_a_row(world: World, role: str) -> None:
    page = world.client(role).get("/staff/", follow=True).content.decode()
    first, *_under = rows_of(page)
    assert 1 <= len(first) <= TABS_IN_A_ROW + 1


def test_every_page_is_two_presses_away_and_marked_there(world: World) -> None:
    client = world.client("city")
    first, *_under = rows_of(client.get("/loop/").content.decode())
    assert len(first) <= TABS_IN_A_ROW + 1
    reached = {}
    for href, _current, label in first:
        rows = rows_of(client.get(href).content.decode())
        here = [(address, name) for address, current, name in rows[0] if current]
        assert here == [(href, label)]
        for address, current, name in rows[1] if len(rows) > 1 else []:
            reached[address] = name
            assert (address == href) == (current == ' aria-current="page"')
    assert len(reached) >= 12 and "/staff/accounts/" in reached
