"""Journeys of residents from end to end in real Chromium: booking alone, for a father, waiting, changing, cancelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.desk import desk
from tests.journeys.page import NARROW, _axe, check_page, check_print
from tests.journeys.visitors import press, somebody


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with desk() as found:
        yield found


def check_quickly(page: Page) -> None:
    """Every rule but the long ones: the keyboard, and axe in one of its four views."""
    check_page(page, axe=False, keyboard=False)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert _axe(page, "light, 320 px") == []


def times_of(page: Page, place: int) -> None:
    page.goto(f"/places/{place}/")


def answer(page: Page, value: str) -> None:
    page.locator(f"input[value={value}]").check()
    press(page, "つぎへ")


def number_on(page: Page) -> str:
    return page.locator(".code--big").inner_text()


def book(page: Page, name: str = "見本 はなこ", phone: str = "090-0000-1234") -> str:
    """Answer the three questions of a booking and press the button; returns the number."""
    answer(page, "self")
    answer(page, "proc")
    page.fill("[name=name]", name)
    page.fill("[name=phone]", phone)
    press(page, "つぎへ")
    press(page, "この内容で予約する")
    return number_on(page)


def open_mine(page: Page, number: str, phone: str) -> None:
    page.goto("/mine/")
    page.fill("[name=number]", number)
    page.fill("[name=phone]", phone)
    press(page, "予約を見る")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_resident_books_alone(browser: Browser, address: str, script: bool) -> None:
    with somebody(browser, address, script=script) as page:
        page.goto("/?q=みなと町1丁目")
        assert "みなと町1丁目から近い順に" in page.inner_text("#result")
        assert page.locator("#near").is_visible() is script
        page.locator(".place").nth(2).locator("a.time").nth(0 if script else 1).click()
        answer(page, "self")
        answer(page, "unsure")
        page.fill("[name=name]", "見本 はなこ")
        press(page, "つぎへ")  # without a telephone number: said gently, the name stays
        assert page.title().startswith("エラー：") and page.input_value("[name=name]") == "見本 はなこ"
        page.fill("[name=phone]", "０９０ー００００ー１２３４")
        press(page, "つぎへ")
        assert "まだ予約は終わっていません" in page.inner_text("main") and "090-0000-1234" in page.inner_text("main")
        press(page, "この内容で予約する")
        assert "予約できました" in page.inner_text("main")
        assert re.fullmatch(r"\d{3}-\d{4}-\d{3}", number_on(page))
        assert "はなこ" not in page.url and "1234" not in page.url
        press(page, "この機械から消して終わる")
        page.goto("/mine/booking/")
        assert page.url.endswith("/mine/")


def test_a_resident_books_with_the_keyboard_alone(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:

        def to(selector: str) -> None:
            for _ in range(120):
                page.keyboard.press("Tab")
                if page.evaluate("s => document.activeElement.matches(s)", selector):
                    return
            raise AssertionError(f"Tab never reaches {selector}")

        page.goto("/")
        to("a.time")
        page.keyboard.press("Enter")
        page.wait_for_url("**/who/")
        for place in ("need", "you"):
            to("input[type=radio]")
            page.keyboard.press("Space")
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/{place}/")
        to("[name=name]")
        page.keyboard.type("Mihon Hanako")
        to("[name=phone]")
        page.keyboard.type("09000005555")
        page.keyboard.press("Enter")
        page.wait_for_url("**/check/")
        to("main form .btn")
        page.keyboard.press("Enter")
        page.wait_for_url("**/done/")
        assert number_on(page)


def test_a_daughter_books_for_her_father_and_each_finds_it(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        times_of(page, 4)
        page.locator("a.time").first.click()
        answer(page, "family")
        answer(page, "scam")
        page.fill("[name=name]", "見本 たろう")
        page.fill("[name=helper_name]", "見本 さくら")
        page.fill("[name=phone]", "080-0000-7777")
        page.locator("input[name=whose][value=helper]").check()
        press(page, "つぎへ")
        told = page.inner_text("main")
        assert "見本 たろう さん" in told and "見本 さくら さん" in told and "わたしの電話" in told
        press(page, "この内容で予約する")
        number = number_on(page)
        check_print(page, at_most=1)
    with somebody(browser, address) as other:
        open_mine(other, number, "7777")
        assert "予約ずみ" in other.inner_text("main")


def test_whoever_waits_is_offered_the_seat_and_takes_it(browser: Browser, address: str) -> None:
    with somebody(browser, address) as first, somebody(browser, address) as second:
        times_of(first, 2)
        first.locator("a.time").last.click()
        session = first.url.split("/book/")[1].split("/")[0]
        number = book(first, "例田 いちろう", "090-0000-2222")
        second.goto(f"/book/{session}/")
        assert "いま埋まりました" in second.inner_text("h1") and second.locator("h3").count() == 3
        check_page(second)
        second.get_by_role("link", name="この時間の空きを待つ").click()
        answer(second, "self")
        answer(second, "call")
        second.fill("[name=name]", "例田 にろう")
        second.fill("[name=phone]", "090-0000-3333")
        press(second, "つぎへ")
        press(second, "この内容で空きを待つ")
        waiting = number_on(second)
        open_mine(first, number, "2222")
        first.get_by_role("link", name="予約をやめる").click()
        press(first, "この予約をやめる")
        assert "予約を取りやめました" in first.inner_text("main")
        open_mine(second, waiting, "3333")
        assert "あなたのために取り置いています" in second.inner_text("main")
        check_page(second)
        press(second, "この席を予約する")
        assert "予約できました" in second.inner_text("main") and "予約ずみ" in second.inner_text("main")


def test_a_seat_taken_meanwhile_is_told_and_the_answers_go_to_the_next_time(browser: Browser, address: str) -> None:
    with somebody(browser, address) as first, somebody(browser, address) as second:
        times_of(first, 3)
        href = str(first.locator("a.time").last.get_attribute("href"))
        second.goto(href)
        first.goto(href)
        answer(first, "self")  # from here on the seat is held for the first
        answer(second, "family")
        assert "いま埋まりました" in second.inner_text("h1") and "答えは" in second.inner_text("main")
        second.locator("a.time").first.click()
        assert second.url.endswith("/need/"), "what was answered is not asked again"


def test_a_booking_is_changed_only_after_a_second_press_and_cancelled_in_the_end(
    browser: Browser, address: str
) -> None:
    with somebody(browser, address) as page:
        times_of(page, 1)
        page.locator("a.time").first.click()
        number = book(page, "見本 へんこう", "090-0000-4444")
        open_mine(page, number, "090-0000-4444")
        before = page.inner_text(".card h2")
        page.get_by_role("link", name="時間を変える").click()
        check_page(page)
        page.locator("a.time").last.click()
        assert "この時間に変えますか？" in page.inner_text("h1")
        check_page(page, keyboard=False)
        press(page, "この時間に変える")
        assert "時間を変えました" in page.inner_text("main")
        assert page.locator(".card h2").all_inner_texts()[-1] != before
        check_page(page)
        page.get_by_role("link", name="予約をやめる").first.click()
        check_page(page, keyboard=False)
        press(page, "この予約をやめる")
        assert "予約を取りやめました" in page.inner_text("main")


def test_a_course_shows_all_its_dates_and_is_booked_whole(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        times_of(page, 1)
        page.get_by_role("link", name="はじめてのスマホ教室").click()
        assert "全4回" in page.inner_text("main") and page.locator(".plain-steps li").count() == 4
        check_page(page, keyboard=False)
        page.get_by_role("link", name="4回まとめて予約にすすむ").click()
        answer(page, "self")
        answer(page, "call")
        page.fill("[name=name]", "見本 つづき")
        page.locator("[name=no_phone]").check()
        press(page, "つぎへ")
        press(page, "この内容で予約する")
        assert "全4回" in page.inner_text("main") and "12月28日" in page.inner_text("main")
        check_print(page, at_most=1)
        number = number_on(page)
        open_mine(page, number, "")  # no telephone was told: the number alone opens it
        assert page.locator(".card").count() == 4
        page.get_by_role("link", name="この日だけやめる").first.click()
        press(page, "この予約をやめる")
        page.get_by_role("link", name="全部の日をやめる").click()
        press(page, "この予約を全部やめる")
        assert page.inner_text("main").count("取りやめました") >= 4


#: What the town itself calls things stays in Japanese.
NAMES = (
    "みなとコミュニティセンター", "2階", "ひがし図書館", "みほん駅前 郵便局", "市役所 1階 3番窓口", "スマホ個別相談", "はじめてのスマホ教室",
    "みほん市", "みなと町1丁目", "みなと町", "番", "中文", "日本語", "、",
)  # fmt: skip
PAGES = (
    "/",
    "/places/1/",
    "/places/print/",
    "/mine/",
    "/after/",
    "/privacy/",
    "/accessibility/",
    "/kiosk/4/",
    "/kiosk/4/board/",
)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_residents_passes_every_rule(browser: Browser, address: str, path: str) -> None:
    with somebody(browser, address) as page:
        page.goto(path)
        check_page(page)


@pytest.mark.parametrize("language", ["ja-easy", "en"])
def test_the_pages_pass_in_easy_japanese_and_english(browser: Browser, address: str, language: str) -> None:
    with somebody(browser, address, language) as page:
        for path in PAGES:
            page.goto(path)
            check_quickly(page)
            if language == "en":
                text = page.inner_text("main")
                for name in NAMES:
                    text = text.replace(name, "")
                assert not re.search("[ぁ-んァ-ヶ一-龠]", text), f"{path} has Japanese: {text}"


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
def test_every_step_passes_the_rules_and_the_sheet_prints(browser: Browser, address: str, language: str) -> None:
    check = check_page if language == "ja" else check_quickly
    with somebody(browser, address, language) as page:
        times_of(page, 1)
        page.locator("a.time").nth(1).click()
        for value in ("family", "video"):
            check(page)
            page.locator(f"input[value={value}]").check()
            page.locator("main form .btn").click()
        page.locator("main form .btn").click()
        check(page)  # three errors
        page.fill("[name=name]", "見本 ぜんぶ")
        page.fill("[name=helper_name]", "見本 むすめ")
        page.locator("[name=no_phone]").check()
        page.locator("main form .btn").click()
        check(page)
        page.locator("main form .btn").first.click()
        check(page)
        check_print(page, at_most=1 if language != "ja-easy" else 2)
        page.goto("/places/print/?q=みなと町1丁目")
        check_print(page, at_most=2)


def test_the_position_of_the_device_is_rounded_before_it_is_sent(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"latitude": 34.3241234, "longitude": 134.0061234})
        page.goto("/?q=みなと町1丁目&has=walk_in")
        press(page, "いまいる場所からさがす")
        page.wait_for_url("**at=34.324%2C134.006**")
        assert "1234" not in page.url and "いまいる場所から近い順に" in page.inner_text("#result")
        assert page.locator(".place h3").first.inner_text().endswith("市役所 1階 3番窓口")


def test_a_walk_in_takes_a_number_and_whoever_has_a_booking_is_told_her_day(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        page.goto("/kiosk/4/")
        press(page, "札を取る")
        assert page.title().startswith("エラー：")
        check_page(page, keyboard=False)
        page.locator("input[value=call]").check()
        press(page, "札を取る")
        assert "あなたの番号は 1 番です" in page.inner_text("h1")
        check_page(page)
        press(page, "つぎの人の受付")
        assert page.url.endswith("/kiosk/4/")


def test_the_list_is_drawn_on_a_citys_own_page(browser: Browser, address: str, tmp_path: Path) -> None:
    """The city's page stands on another origin and allows scripts of the desk only."""
    site = tmp_path / "city.html"
    site.write_text(
        f'<!DOCTYPE html><html lang="ja"><title>市</title><h1>市</h1><div data-daremo-finder data-count="2" '
        f'data-language="en"><a href="{address}/">スマホの相談</a></div><script src="{address}/embed/finder.js" defer></script>',
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(site.as_uri())
    page.wait_for_selector(".daremo-finder li")
    assert page.locator(".daremo-finder > ol > li").count() == 2
    assert page.locator(".daremo-finder a").first.get_attribute("href", timeout=2000).startswith(f"{address}/places/")
    assert not page.context.cookies(address)
    page.close()
