"""The gallery in real Chromium: every component passes the rules of a page, in three languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.page import check_page, check_print, chromium, serving

PAGES = [("/ui/", True), ("/ui/error/", True), ("/ui/ticket/", True), ("/ui/staff/", False), ("/nowhere/", True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize(("path", "citizen"), PAGES)
def test_every_component_passes_the_rules_of_a_page(
    browser: Browser, address: str, path: str, citizen: bool, language: str
) -> None:
    page = browser.new_page()
    page.goto(f"{address}/language/{language}/?next={path}")
    check_page(page, citizen=citizen, axe=language == "ja", keyboard=language == "ja")
    page.close()


@pytest.mark.parametrize(("language", "sheets"), [("ja", 1), ("en", 1), ("ja-easy", 2)])
def test_a_ticket_prints_on_one_sheet_and_with_ruby_on_two_at_most(
    browser: Browser, address: str, language: str, sheets: int
) -> None:
    page = browser.new_page()
    page.goto(f"{address}/language/{language}/?next=/ui/ticket/")
    check_print(page, at_most=sheets)
    page.close()


def test_the_language_switch_works_without_script(browser: Browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{address}/ui/ticket/")
    page.get_by_role("link", name="English").click()
    assert page.url == f"{address}/ui/ticket/" and "Booking number" in page.inner_text("main")
    page.goto(f"{address}/ui/")
    assert "Or call us" in page.inner_text("aside.help")
    page.context.close()


def test_a_press_on_an_error_leads_to_its_field(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/ui/error/")
    assert page.evaluate("document.activeElement.className") == "errors"
    page.get_by_role("link", name="電話番号の数字が足りないようです").click()
    assert page.evaluate("document.activeElement.id") == "id_phone"
    assert page.input_value("#id_phone") == "０９０－１２３４"
    page.close()
