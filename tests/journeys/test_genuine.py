"""Journeys of "is this genuine" in real Chromium: a resident without script, staff with two persons, an auditor, a badge."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.desk import desk
from tests.journeys.page import NARROW, check_page, check_print
from tests.journeys.visitors import press, somebody, staff

OFFICIAL = "【みほん市】健康診断の受付は12月18日までです。電話 0000-12-2200\nhttps://city.mihon.example/kenkou"
FORGED = OFFICIAL.replace("12月18日", "本日").replace("city.mihon.example/kenkou", "mihon-city.example-pay.test/k")
UNKNOWN = "【みほん市】給付金の受け取りはこちら 090-1234-5678"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with desk("tests.journeys.official") as found:
        yield found


def ask(page: Page, text: str) -> None:
    page.goto("/genuine/")
    page.locator("textarea[name=text]").fill(text)
    page.locator("main form button.btn").first.click()


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
def test_a_resident_asks_on_her_own_phone_without_script(browser: Browser, address: str, language: str) -> None:
    with somebody(browser, address, language, script=False) as page:
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        for text, look in ((OFFICIAL, "ok"), (FORGED, "no"), (UNKNOWN, "dk")):
            ask(page, text)
            expect(page.locator(f".verdict--{look}")).to_have_count(1)
            expect(page.locator(".verdict a[href^='tel:']")).to_have_count(0 if look == "ok" else 1)
            expect(page.locator("textarea[name=text]")).to_have_value("")


def test_every_page_for_residents_passes_the_rules(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        page.goto("/")
        page.get_by_role("link", name="市からの連絡が本物か調べる").click()
        check_page(page)
        press(page, "調べる")
        check_page(page)
        for text in (OFFICIAL, FORGED, UNKNOWN):
            ask(page, text)
            check_page(page, keyboard=False)
        for where in ("/genuine/keys/", "/genuine/log/?n=3", "/genuine/log/entry/3/"):
            page.goto(where)
            check_page(page, keyboard=False)
        page.goto("/genuine/log/")
        page.locator("tbody a").first.click()
        expect(page.get_by_text("試験用の印です。")).to_be_visible()
        check_page(page, keyboard=False)


def test_what_is_forged_shows_both_texts_and_what_differs(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        ask(page, FORGED)
        assert "本" in page.locator(".diff del").all_inner_texts()
        assert any("mihon-city.example-pay.test" in t for t in page.locator(".diff del").all_inner_texts())
        assert page.title().startswith("にせものです")


def test_staff_write_a_colleague_releases_and_a_resident_checks_the_code(browser: Browser, address: str) -> None:
    with staff(browser, address, "団体の責任者") as page:
        page.goto("/official/")
        check_page(page, citizen=False)
        page.get_by_role("link", name="お知らせを書く").click()
        check_page(page, citizen=False, keyboard=False)
        page.get_by_label("件名").fill("図書館の休み")
        page.get_by_label("文（送るとおりに）").fill("ひがし図書館は、12月5日に休みます。https://elsewhere.example/")
        page.get_by_label("いつから").fill("令和8年12月1日")
        page.get_by_label("いつまで").fill("令和8年12月31日")
        press(page, "下書きにする")
        expect(page.locator(".error")).to_contain_text("elsewhere.example")
        check_page(page, citizen=False, keyboard=False)
        page.get_by_label("文（送るとおりに）").fill("ひがし図書館は、12月5日に休みます。")
        press(page, "下書きにする")
        press(page, "ほかの人に確認をたのむ")
        expect(page.get_by_text("書いた人は出せません")).to_be_visible()
        where = page.url
    with staff(browser, address, "自治体") as page:
        page.goto(where)
        check_page(page, citizen=False, keyboard=False)
        page.get_by_role("link", name="確かめて出す").click()
        check_page(page, citizen=False, keyboard=False)
        press(page, "確かめた。出す")
        code = page.locator("dl.facts .code").first.inner_text()
        page.get_by_role("link", name="コードとQRを印刷する").click()
        check_page(page, citizen=False, keyboard=False)
        check_print(page, at_most=1)
    with somebody(browser, address, script=False) as page:
        ask(page, code)
        expect(page.locator(".verdict--ok blockquote")).to_contain_text("12月5日に休みます")
    # the rules are looked at by script, which waits for ever where none may run
    with somebody(browser, address) as page:
        page.goto(f"/genuine/{code}/")
        check_page(page, keyboard=False)


def test_the_counter_has_the_same_check_and_opens_what_a_caller_was_told(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        ask(page, UNKNOWN)
        number = re.sub(r"\D", "", page.locator(".verdict .code").last.inner_text())
    with staff(browser, address, "支援者") as page:
        page.goto("/official/check/")
        check_page(page, citizen=False)
        page.get_by_label("お客さまの「調べ」の番号").fill(number)
        press(page, "開く")
        expect(page.locator(".verdict--dk")).to_have_count(1)
        check_page(page, citizen=False, keyboard=False)
        assert "090-1234-5678" not in page.content()
        page.locator("textarea[name=text]").fill(FORGED)
        press(page, "調べる")
        expect(page.locator(".verdict--no")).to_have_count(1)


def test_an_auditor_compares_exports_and_looks_at_one_event(browser: Browser, address: str) -> None:
    with staff(browser, address, "監査") as page:
        page.goto("/audit/")
        check_page(page, citizen=False)
        press(page, "いま確かめる")
        expect(page.get_by_text("書きかえは見つかりませんでした。")).to_be_visible()
        page.get_by_label("操作の番号").fill("1")
        page.locator("form.panel button").click()
        expect(page.get_by_text("署名した記録に入っています。")).to_be_visible()
        check_page(page, citizen=False, keyboard=False)
        told = page.request.get("/audit/journal.jsonl").text()
        assert told.startswith('{"format":"daremo-journal-1"') and '"end"' in told.splitlines()[-1]


def test_a_badge_is_issued_printed_verified_and_revoked(browser: Browser, address: str) -> None:
    with staff(browser, address, "自治体") as page:
        page.goto("/badges/")
        check_page(page, citizen=False)
        page.get_by_role("link", name="支援者に資格のバッジを出す").click()
        page.get_by_label("支援者").select_option(index=1)
        page.get_by_label("資格の名前").fill("まちの見守り")
        check_page(page, citizen=False, keyboard=False)
        press(page, "バッジを出す")
        expect(page.get_by_role("link", name=re.compile("紙に印刷"))).to_be_visible()
        badge = page.url
        document = page.request.get(f"{badge}badge.json").text()
        page.get_by_role("link", name=re.compile("紙に印刷")).click()
        check_page(page, citizen=False, keyboard=False)
        check_print(page, at_most=1)
        with somebody(browser, address, script=False) as other:
            ask(other, document)
            expect(other.locator(".verdict--ok")).to_contain_text("本物のバッジです")
        page.goto(f"{badge}revoke/")
        check_page(page, citizen=False, keyboard=False)
        page.get_by_label("わけ").fill("活動を終えた")
        press(page, "取り消す")
        with somebody(browser, address, script=False) as other:
            ask(other, document)
            expect(other.locator(".verdict--dk")).to_contain_text("取り消されています")
