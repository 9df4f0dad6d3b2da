"""The row of tabs says where somebody is, once."""

from __future__ import annotations

from tests.web.staff.world import World


def test_one_tab_is_marked_on_a_page_below_it(world: World) -> None:
    page = world.client("city").get("/figures/reached/").content.decode()
    tabs = page[page.index('class="tabs"') :]
    tabs = tabs[: tabs.index("</ul>")]
    assert tabs.count("aria-current") == 1 and 'href="/figures/" aria-current' in tabs
