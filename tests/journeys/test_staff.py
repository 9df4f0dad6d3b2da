"""Journeys of staff in real Chromium: the telephone by keys alone, a walk-in, a record, a mandate, a round, the month."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.desk import desk
from tests.journeys.page import check_page, check_print
from tests.journeys.visitors import staff


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with desk("tests.journeys.staffed") as found:
        yield found


def focused(page: Page, wanted: str) -> None:
    expect(page.locator(":focus")).to_have_attribute("id", re.compile(wanted))


def settled(page: Page) -> None:
    """Wait until htmx has drawn the change; without script there is nothing to wait for."""
    page.wait_for_timeout(200)
    page.wait_for_function("!document.querySelector('.htmx-request')")


@pytest.mark.parametrize("script", (True, False), ids=("with script", "without script"))
def test_a_telephone_booking_by_keys_alone(browser: Browser, address: str, script: bool) -> None:
    with staff(browser, address, script=script) as page:
        page.goto("/desk/")
        keys = page.keyboard
        focused(page, "^who$")
        keys.type("1234")
        keys.press("Enter")
        focused(page, "^p[0-9]+$")
        keys.press("Space")
        if script:
            expect(page.get_by_text("いまの予約")).to_be_visible()
            focused(page, "^p[0-9]+$")
        keys.press("Enter")
        focused(page, "^need-unsure$")
        keys.press("Enter")
        focused(page, "^slot[0-9]+$")
        keys.press("Space")
        if script:
            expect(page.get_by_text("取り置いています")).to_be_visible()
            focused(page, "^slot[0-9]+$")
        keys.press("Enter")
        focused(page, "^ok$")
        assert page.locator(".slots input:checked").count() == 1
        expect(page.get_by_text("お電話ありがとうございます")).to_be_visible()
        keys.press("Space")
        if script:
            page.wait_for_timeout(150)
            settled(page)
        focused(page, "^ok$")
        keys.press("Tab")
        keys.press("Enter")
        expect(page).to_have_title(re.compile("^予約できました"))
        assert re.search(r"\d", page.locator(".code--big").inner_text())


def test_a_caller_needs_nothing_but_a_name(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/desk/")
        page.fill("#who", "だれもいない")
        page.keyboard.press("Enter")
        focused(page, "^p-new$")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        focused(page, "^name$")
        page.keyboard.type("例川 きよ")
        page.locator(".slots input").nth(1).check()
        page.get_by_role("button", name="この時間を取り置く").click()
        page.locator("#ok").check()
        page.get_by_role("button", name="この時間で予約を確定する").click()
        expect(page).to_have_title(re.compile("^予約できました"))


def test_without_reading_aloud_nothing_is_booked_and_nothing_is_lost(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/desk/")
        page.fill("#who", "1234")
        page.keyboard.press("Enter")
        page.locator("[name=p]").first.check()
        page.locator(".slots input").first.check()
        page.get_by_role("button", name="この時間で予約を確定する").click()
        expect(page).to_have_title(re.compile("^エラー："))
        assert page.locator("#who").input_value() == "1234" and page.locator("[name=p]").first.is_checked()


def test_six_more_times_are_shown_and_a_booking_is_changed_and_cancelled(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/desk/")
        before = page.locator(".slots input").count()
        page.get_by_role("button", name="つぎの6件").click()
        assert page.locator(".slots input").count() > before
        page.goto("/people/")
        page.fill("#who", "5678")
        page.get_by_role("button", name="さがす").click()
        page.get_by_role("link", name=re.compile("例田 いちろう")).click()
        page.goto("/desk/")
        page.fill("#who", "1234")
        page.keyboard.press("Enter")
        page.locator("[name=p]").first.check()
        page.keyboard.press("Enter")
        page.locator("a[href*='/desk/bookings/']").last.click()
        check_page(page, citizen=False, keyboard=False, axe=False)
        page.locator(".slots input").last.check()
        page.get_by_role("button", name="えらんだ時間に変える").click()
        expect(page).to_have_title(re.compile("^時間を変えました"))
        page.go_back()
        page.goto(page.url)
        if page.get_by_role("button", name="この予約を取りやめる").count():
            page.get_by_role("button", name="この予約を取りやめる").click()
            expect(page).to_have_title(re.compile("^取りやめました"))


def test_an_ended_session_gives_the_filled_form_back(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/people/1/edit/")
        page.fill("#id_address", "みほん市の新しい住所")
        page.context.clear_cookies(name="daremo_session")
        page.get_by_role("button", name="この内容に変える").click()
        page.goto("/staff/practice/?next=/staff/kept/")
        page.get_by_role("button", name=re.compile("^自治体（")).first.click()
        page.get_by_role("link", name="書いたところへもどる").click()
        expect(page.locator("#id_address")).to_have_value("みほん市の新しい住所")


def test_a_walk_in_takes_a_ticket_is_called_helped_and_recorded(browser: Browser, address: str) -> None:
    guest = browser.new_context(base_url=address, locale="ja-JP").new_page()
    guest.goto("/kiosk/4/")
    guest.locator("[name=need][value=proc]").check()
    guest.get_by_role("button", name="札を取る").click()
    number = guest.locator(".code--big").inner_text()
    guest.context.close()
    with staff(browser, address, "団体の責任者") as page:
        page.goto("/counter/4/")
        page.get_by_role("button", name="つぎの人を呼ぶ").click()
        row = page.locator("tr", has=page.get_by_role("rowheader", name=number, exact=True)).first
        expect(row).to_contain_text("お呼びしました")
        row.get_by_role("button", name="相談をはじめる").click()
        check_page(page, citizen=False, keyboard=False, axe=False)
        page.get_by_role("link", name=re.compile("記録を書く")).first.click()
        assert page.locator("[name=alone]:checked").count() == 0
        page.locator("[name=topics]").first.check()
        page.locator("[name=alone][value='2']").check()
        page.locator("[name=next_step][value=done]").check()
        page.get_by_role("button", name="記録する").click()
        expect(page).to_have_title(re.compile("^きょうの予定"))


def test_a_visit_takes_four_taps_when_the_booking_is_known(browser: Browser, address: str) -> None:
    with staff(browser, address, "支援者", script=False) as page:
        page.goto("/my/day/")
        check_page(page, citizen=False, keyboard=False, axe=False)
        page.get_by_role("link", name=re.compile("見本 はなこ")).first.click()
        check_page(page, citizen=False, keyboard=False, axe=False)
        page.get_by_role("button", name="記録する").click()
        expect(page).to_have_title(re.compile("^エラー："))
        page.locator("[name=topics]").nth(2).check()
        page.locator("[name=alone][value='3']").check()
        page.locator("[name=next_step][value=again]").check()
        page.get_by_role("button", name="記録する").click()
        expect(page.get_by_text("記録ずみ").first).to_be_visible()


@pytest.mark.parametrize("evidence", ("paper", "witnessed_call"))
def test_a_mandate_is_taken_used_and_taken_back(browser: Browser, address: str, evidence: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/mandates/person/1/new/")
        check_page(page, citizen=False, keyboard=False, axe=False)
        page.locator("[name=procedures]").nth(1).check()
        page.fill("[name=until]", "令和9年3月31日")
        page.locator(f"[name=evidence][value={evidence}]").check()
        page.get_by_role("button", name="つぎへ").click()
        page.fill("[name=said]", "「病院の予約をお願いします」と本人が言った")
        if evidence == "witnessed_call":
            page.get_by_role("button", name="確かめた。預かる").click()
            expect(page.locator(".errors")).to_contain_text("立会い")
            page.fill("[name=said]", "「病院の予約をお願いします」と本人が言った")
            page.locator("[name=witness]").select_option(index=1)
        page.get_by_role("button", name="確かめた。預かる").click()
        page.fill("[name=what]", "病院を予約した")
        page.get_by_role("button", name="手続きをしたと記録する").click()
        check_page(page, citizen=False, keyboard=False, axe=False)
        expect(page.get_by_text("病院を予約した")).to_be_visible()
        page.get_by_role("button", name="全部を取り消す").click()
        assert page.get_by_role("button", name="手続きをしたと記録する").count() == 0
        page.get_by_role("link", name="使った記録を本人にわたす").click()
        expect(page.get_by_text("病院を予約した").first).to_be_visible()
        check_print(page, at_most=1)


def test_a_wish_for_a_visit_becomes_a_round_with_a_sheet(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/outreach/")
        page.locator("[name=requests]").first.check()
        page.fill("[name=day]", "令和8年12月4日")
        page.locator("[name=supporter]").select_option(index=1)
        page.locator("[name=base]").select_option(index=1)
        page.get_by_role("button", name="順番と時刻を見る").click()
        check_page(page, citizen=False, keyboard=False, axe=False)
        page.get_by_role("button", name="この時刻で予定にする").click()
        expect(page.get_by_text("みほん市みなと町9番")).to_be_visible()
        check_print(page, at_most=1)


def test_letters_are_printed_one_a_sheet_and_posted(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/notices/outbox/")
        check_page(page, citizen=False, keyboard=False, axe=False)
        letters = page.locator("article").count()
        assert letters >= 1
        check_print(page, at_most=letters)
        page.get_by_role("button", name="印刷して、ポストに出した").click()
        assert page.locator("article").count() == 0


def test_a_text_is_previewed_and_an_unknown_name_refused(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/letters/mandate/any/ja/")
        page.fill("#body", "{namae}様")
        page.get_by_role("button", name="この文を使う").click()
        expect(page).to_have_title(re.compile("^エラー："))
        page.fill("#body", "{name}様 お電話ください {phone}")
        page.get_by_role("button", name="見本で確かめる").click()
        expect(page.get_by_text("見本 はなこ様 お電話ください")).to_be_visible()
        page.get_by_role("button", name="この文を使う").click()
        expect(page.get_by_text("1版")).to_be_visible()


def test_the_month_is_reported_in_three_files(browser: Browser, address: str) -> None:
    with staff(browser, address, script=False) as page:
        page.goto("/figures/")
        assert "2026年12月" in page.locator("h1").inner_text()
        for form, begins in (("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf"), ("pdf", b"%PDF")):
            got = page.request.get(f"/figures/2026-12/report.{form}")
            assert got.ok and got.body().startswith(begins), form
        got = page.request.get("/followups/results.csv")
        assert got.ok and io.StringIO(got.text()).readline().startswith("person,area")
        page.get_by_role("link", name="前の月").click()
        assert "2026年11月" in page.locator("h1").inner_text()


PAGES = (
    "/desk/", "/desk/calls/", "/desk/waiting/", "/desk/waiting/rule/", "/counter/4/", "/my/day/", "/visits/paper/", "/visits/new/",
    "/incidents/", "/incidents/new/", "/outreach/", "/people/", "/people/1/", "/people/1/edit/", "/people/1/erase/", "/people/1/merge/",
    "/people/1/printed/", "/notices/", "/letters/", "/letters/booked/sms/ja/", "/followups/", "/loop/", "/figures/",
    "/figures/reached/", "/figures/releases/", "/schedule/points/1/merge/", "/transfer/",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_staff_passes_the_rules(browser: Browser, address: str, path: str) -> None:
    with staff(browser, address) as page:
        page.goto(path)
        check_page(page, citizen=False, keyboard=path in ("/desk/", "/counter/4/", "/visits/new/", "/loop/"))
