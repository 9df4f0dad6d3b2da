"""Journeys of the check in real Chromium: alone without script, by keys, at a kiosk, with a supporter, on paper, as an organisation."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.desk import desk
from tests.journeys.page import NARROW, check_page, check_print
from tests.journeys.visitors import press, somebody, staff


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with desk("tests.journeys.skilled") as found:
        yield found


def settled(page: Page) -> None:
    """Wait until the page that a press leads to is there as a whole: a count does not wait by itself."""
    page.wait_for_load_state("load")
    page.locator("footer.foot").wait_for()


def to_the_tasks(page: Page) -> None:
    """Go through the first questions without saying more than needed."""
    page.goto("/check/")
    page.locator("main form button.btn").first.click()
    settled(page)
    while "/about/" in page.url:
        settled(page)
        if page.locator("button[name=skip]").count():
            page.locator("button[name=skip]").click()
            continue
        page.locator("main .choice input").last.check()
        page.locator("main form button.btn").first.click()


def answer(page: Page) -> str:
    """Answer the open question in its own way; returns its kind."""
    settled(page)
    if page.locator(".tap").count():
        page.locator(".tap").first.check()
        kind = "screen"
    elif page.locator("button[name=press]").count():
        while page.locator("button[name=press]").count():
            page.locator("button[name=press]").first.click()
            settled(page)
        kind = "steps"
    else:
        page.locator("main input[name=answer]").first.check()
        kind = "choice"
    page.locator("main fieldset button.btn").last.click()
    settled(page)
    return kind


def to_the_result(page: Page, most: int = 12) -> set[str]:
    kinds = set()
    for _ in range(most):
        if "/task/" not in page.url:
            break
        kinds.add(answer(page))
    assert "/check/result/" in page.url
    return kinds


def test_the_home_page_leads_to_the_check(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        page.goto("/")
        page.get_by_role("link", name=re.compile("いまの力")).click()
        check_page(page)


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
def test_a_resident_goes_through_the_check_on_her_own_phone_without_script(
    browser: Browser, address: str, language: str
) -> None:
    with somebody(browser, address, language, script=False) as page:
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        to_the_tasks(page)
        to_the_result(page)
        expect(page.locator(".ringcard")).to_have_count(6)
        page.locator("input[value=none]").check()
        page.locator("section.panel button.btn").click()
        expect(page.locator(".ok-line")).to_be_visible()


def test_every_page_of_the_check_passes_the_rules(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        page.goto("/check/")
        press(page, "はじめる")
        check_page(page)
        page.locator("input[value='75_84']").check()
        press(page, "つぎへ")
        check_page(page)
        press(page, "つぎへ")
        check_page(page)
        press(page, "とばして")
        seen: set[str] = set()
        for _ in range(12):
            if "/task/" not in page.url:
                break
            kind = (
                "screen" if page.locator(".tap").count() else "steps" if page.locator(".inorder").count() else "choice"
            )
            if kind not in seen:
                check_page(page)
                seen.add(kind)
            answer(page)
        check_page(page)
        press(page, "これにする")
        check_page(page)  # nothing chosen: the summary has the focus


@pytest.mark.parametrize("language", ["ja", "ja-easy"])
def test_the_phone_is_as_high_as_its_drawing_and_stands_beside_the_question(
    browser: Browser, address: str, language: str
) -> None:
    with somebody(browser, address, language) as page:
        page.set_viewport_size({"width": 1280, "height": 900})
        seen = 0
        for _ in range(3):  # not every sitting asks for a screen
            to_the_tasks(page)
            while "/task/" in page.url:
                if page.locator(".screen svg").count():
                    frame, drawing, question = (
                        page.locator(at).bounding_box() for at in (".screen", ".screen svg", ".task h1")
                    )
                    assert frame is not None and drawing is not None and question is not None
                    assert frame["height"] - drawing["height"] <= 24 and frame["y"] < question["y"]
                    assert frame["x"] > question["x"] + question["width"]
                    seen += 1
                answer(page)
            if seen:
                break
        assert seen


def test_a_question_without_an_answer_is_asked_again_gently(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        to_the_tasks(page)
        if page.locator("button[name=press]").count() == 0:
            press(page, "これで決める")
            check_page(page, axe=False, keyboard=False)


def test_the_voice_reads_only_where_the_browser_has_one(browser: Browser, address: str) -> None:
    with somebody(browser, address, script=False) as page:
        to_the_tasks(page)
        assert page.locator("button[data-say]").is_hidden()
    with somebody(browser, address) as page:
        to_the_tasks(page)
        expect(page.locator("button[data-say]")).to_be_visible()
        assert page.locator("button[data-say]").get_attribute("data-say")


def test_a_whole_check_by_keys_alone(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        to_the_tasks(page)
        for _ in range(40):
            if "/task/" not in page.url:
                break
            for _tab in range(40):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement?.matches('input[name=answer], button[name=press]')"):
                    break
            if page.evaluate("document.activeElement.name") == "press":
                with page.expect_navigation():
                    page.keyboard.press("Enter")
                settled(page)
                if not page.locator("button[name=press]").count():
                    page.locator("main fieldset button.btn").last.focus()
                    with page.expect_navigation():
                        page.keyboard.press("Enter")
                continue
            page.keyboard.press("Space")
            with page.expect_navigation():
                page.keyboard.press("Enter")
        assert "/check/result/" in page.url


def test_stopping_going_back_and_going_on(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        to_the_tasks(page)
        answer(page)
        answer(page)
        press(page, "ひとつ前の問題にもどる")
        expect(page.locator(".step")).to_contain_text("2問め")
        press(page, "ここでやめて、結果を見る")
        expect(page.locator("h1")).to_be_visible()
        press(page, "もう少し、問題をつづける")
        assert "/check/task/" in page.url


def test_a_result_is_shown_to_the_person_in_charge_after_consent(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        to_the_tasks(page)
        to_the_result(page)
        page.locator("input[value=share]").check()
        press(page, "これにする")
        check_page(page)
        press(page, "この結果を見せる")
        check_page(page, axe=False, keyboard=False)
        page.fill("[name=name]", "見本 はなこ")
        page.fill("[name=phone]", "090-0000-1234")
        page.locator("[name=agreed]").check()
        press(page, "この結果を見せる")
        check_page(page)
    with staff(browser, address, "自治体") as page:
        page.goto("/skills/")
        page.get_by_role("link", name="見本 はなこ さん").first.click()
        check_page(page, citizen=False)
        expect(page.locator(".ringcard").first).to_be_visible()


def test_a_result_and_a_lesson_print_on_one_sheet(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        to_the_tasks(page)
        to_the_result(page)
        lesson = page.locator("a[href^='/lessons/']").first.get_attribute("href")
        page.locator("input[value=paper]").check()
        press(page, "これにする")
        check_page(page)
        check_print(page, at_most=1)
        page.goto(str(lesson))
        check_page(page)
        check_print(page, at_most=1)
        page.goto("/lessons/")
        check_page(page)


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
def test_both_sheets_of_paper_print_on_two_pages_each(browser: Browser, address: str, language: str) -> None:
    with somebody(browser, address, language) as page:
        for sheet in ("", "a/", "b/", "c/"):
            page.goto(f"/check/form/{sheet}")
            check_page(page, axe=language == "ja", keyboard=False)
            check_print(page, at_most=2)


def test_a_sum_chooses_the_second_sheet_and_both_give_a_result(browser: Browser, address: str) -> None:
    with staff(browser, address, "支援者") as page:
        page.goto("/skills/")
        page.get_by_role("link", name="紙の答えを入れる").click()
        check_page(page, citizen=False)
        press(page, "2枚めを決める")
        check_page(page, citizen=False, axe=False, keyboard=False)
        page.fill("#points", "１")
        press(page, "2枚めを決める")
        check_page(page, citizen=False, keyboard=False)
        link = page.get_by_role("link", name=re.compile("2枚めの紙.*印刷")).get_attribute("href")
        assert link == "/check/form/a/"
        for group in page.locator("main section fieldset").all():
            group.locator("input[type=radio]").first.check()
        press(page, "結果を見る")
        assert "/check/result/" in page.url
        expect(page.locator(".ringcard")).to_have_count(6)


def test_a_supporter_asks_somebody_who_cannot_hold_a_mouse(browser: Browser, address: str) -> None:
    """She points or speaks, the supporter taps for her on a tablet; the answers to watched questions are the supporter's."""
    context = browser.new_context(
        base_url=address, has_touch=True, viewport={"width": 820, "height": 1180}, locale="ja-JP"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)

    def tap(words: Locator) -> None:
        with page.expect_navigation():
            words.tap()
        settled(page)

    page.goto("/staff/practice/")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("^支援者（")).first.tap()
    page.goto("/skills/")
    tap(page.get_by_role("button", name="いっしょに始める"))
    page.locator("label.choice:has(input[value='85_over'])").tap()
    tap(page.locator("main form button.btn").first)
    while "/about/" in page.url:
        page.locator("main .choice").last.tap()
        tap(page.locator("main form button.btn").first)
    check_page(page)
    page.set_viewport_size({"width": 820, "height": 1180})
    taps = 0
    for _ in range(40):
        if "/task/" not in page.url:
            break
        expect(page.locator(".asked-by")).to_be_visible()
        for box in page.locator(".assisted .choice:visible").all():
            size = box.bounding_box()
            assert size is not None and size["height"] >= 80  # a pointing finger is read from across the table
        if page.locator("#order").count() and not page.locator("button[name=press]").count():
            tap(page.locator("main fieldset .actions button"))
        elif page.locator("button[name=press]").count():
            tap(page.locator("button[name=press]").first)
        else:
            target = page.locator(".tap").first if page.locator(".tap").count() else page.locator("label.choice").first
            target.tap()
            tap(page.locator("main fieldset .actions button"))
        taps += 1
    assert "/check/result/" in page.url and taps >= 6
    check_page(page)
    page.locator("label.choice:has(input[value=none])").tap()
    tap(page.get_by_role("button", name="これにする"))
    expect(page.locator(".ok-line")).to_be_visible()
    context.close()


def test_she_has_a_switch_and_no_hand_from_the_start_page_to_the_printed_result(browser: Browser, address: str) -> None:
    """Tab, arrow, space and enter only, and no script: a switch or a mouth stick sends nothing else."""

    def reach(wanted: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.locator(":focus").count() and page.locator(":focus").evaluate("(e, w) => e.matches(w)", wanted):
                return
        raise AssertionError(f"{wanted} is not reached by Tab on {page.url}")

    def enter() -> None:
        with page.expect_navigation():
            page.keyboard.press("Enter")
        settled(page)

    with somebody(browser, address, script=False) as page:
        page.goto("/check/")
        reach("main form button.btn")
        enter()
        reach("input[name=stage]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        reach("main form button[type=submit]")
        enter()
        while "/about/" in page.url:
            if page.locator("button[name=skip]").count():
                reach("button[name=skip]")
            else:
                reach("main .choice input")
                page.keyboard.press("Space")
                reach("main form button[type=submit]")
            enter()
        asked = 0
        for _ in range(40):
            if "/task/" not in page.url:
                break
            asked += 1
            if page.locator("button[name=press]").count():
                reach("button[name=press]")
            elif page.locator("#order").count():
                reach("fieldset .actions button")
            else:
                reach("input[name=answer]")
                page.keyboard.press("Space")
                reach("fieldset .actions button")
            enter()
        assert "/check/result/" in page.url and asked >= 6
        reach("input[name=keep]")
        page.keyboard.press("Space")
        reach("section.panel button[type=submit]")
        enter()
        assert "/check/result/paper/" in page.url
        reach("main form button[type=submit]")
        enter()
        assert page.url == address + "/"


def test_a_kiosk_begins_anew_for_the_next_one(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        page.goto("/kiosk/4/")
        page.get_by_role("link", name=re.compile("いまの力")).click()
        check_page(page)
        to_the_tasks(page)
        answer(page)
        page.goto("/check/")
        assert page.get_by_role("link", name="つづきから").count() == 0


def test_authors_and_researchers_find_their_pages(browser: Browser, address: str) -> None:
    with staff(browser, address, "自治体") as page:
        for path in ("/skills/items/", "/skills/export/"):
            page.goto(path)
            check_page(page, citizen=False, keyboard=False)
        page.goto("/skills/items/?area=1")
        page.locator("tbody a").first.click()
        check_page(page, citizen=False)


def test_people_of_an_organisation_answer_and_see_how_it_stands(browser: Browser, address: str) -> None:
    with staff(browser, address, "自治体") as page:
        page.goto("/diagnosis/")
        check_page(page, citizen=False)
        page.locator("input[value=telework]").check()
        press(page, "この診断を始める")
        check_page(page, citizen=False)
        link = page.locator("main p b").first.inner_text()
        for n in (1, 2, 0):
            with somebody(browser, address, script=False) as other:
                other.goto(link)
                for part in range(20):
                    if not other.locator("form.narrow-lg").count():
                        break
                    if n == 1 and part == 0:
                        check_page(other, axe=False, keyboard=False)
                    for group in other.locator("fieldset").all():
                        group.locator("input").nth(n).check()
                    other.locator("form.narrow-lg button.btn").click()
                expect(other.locator(".ok-line")).to_be_visible()
        page.goto("/diagnosis/")
        page.get_by_role("link", name=re.compile("結果を見る.*テレワーク")).click()
        check_page(page, citizen=False)
        check_print(page, at_most=2)
        page.goto("/diagnosis/benchmark/")
        check_page(page, citizen=False)
