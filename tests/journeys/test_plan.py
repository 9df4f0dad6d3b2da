"""The journey of the officer: a plan becomes sessions, and a resident books one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.desk import desk
from tests.journeys.page import check_page


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with desk("tests.journeys.planned") as found:
        yield found


def test_a_plan_becomes_sessions_that_a_resident_books(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="ja-JP", java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/staff/practice/")
    page.get_by_role("button", name="自治体（").click()
    page.goto(address + "/transfer/")
    page.get_by_role("link", name="計画を、予約できる回にする").click()
    assert "まだ何も変わりません" in page.inner_text("main")
    page.fill("input[name=first]", "令和8年12月3日")
    page.fill("input[name=weeks]", "１２")
    page.get_by_role("button", name="この計画を予定にする").click()
    assert "予約を受けられます" in page.inner_text("h1")
    page.goto(address + "/loop/")
    assert "万円でなくす案" in page.inner_text("main")

    resident = browser.new_context(locale="ja-JP", java_script_enabled=False).new_page()
    resident.goto(address + "/")
    resident.locator(".time").first.click()
    if resident.locator("input[name=by]").count() == 0:
        resident.locator("main a.btn, main button.btn").first.click()
    resident.locator("input[name=by][value=self]").check(force=True)
    resident.locator("main form button[type=submit]").first.click()
    resident.locator("input[name=need][value=unsure]").check(force=True)
    resident.locator("main form button[type=submit]").first.click()
    resident.fill("input[name=name]", "見本 はなこ")
    resident.fill("input[name=phone]", "090-0000-1234")
    resident.locator("main form button[type=submit]").first.click()
    resident.locator("main form button[type=submit]").first.click()
    assert "お待ちしています" in resident.inner_text("main")
    context.close()


def test_the_page_of_the_plan_passes_the_rules(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="ja-JP")
    page = context.new_page()
    page.goto(address + "/staff/practice/")
    page.get_by_role("button", name="自治体（").click()
    page.goto(address + "/transfer/plan/")
    check_page(page, citizen=False)
    context.close()
