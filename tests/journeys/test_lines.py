"""Journeys about lines in real Chromium: a resident speaks up, a planner loads and looks, what breaks stays closed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.desk import desk
from tests.journeys.page import NARROW, check_page, check_print, shoot
from tests.journeys.visitors import press, somebody, staff

KINDS = ("gaps", "load", "availability", "upgrade", "access")
SHOTS = os.environ.get("SHOTS_LINES", "")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with desk("tests.journeys.lined") as found:
        yield found


def looked_at(page: Page, name: str, *, citizen: bool) -> None:
    check_page(page, citizen=citizen)
    if SHOTS:
        shoot(page, Path(SHOTS), name)


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
def test_a_resident_says_that_her_line_is_slow_without_script(browser: Browser, address: str, language: str) -> None:
    with somebody(browser, address, language, script=False) as page:
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        page.goto("/")
        page.locator("footer a[href='/line/']").click()
        page.locator("select[name=area]").select_option(index=3)
        page.locator("input[value=fixed]").check()
        page.locator("input[value=slow]").check()
        page.locator("main form button.btn").first.click()
        page.locator("button[value=send]").click()
        expect(page.locator(".ok-line")).to_be_visible()
        page.locator("main form button").click()
        expect(page.locator(".ok-line")).to_have_count(0)


def test_the_pages_of_residents_pass_the_rules(browser: Browser, address: str) -> None:
    with somebody(browser, address) as page:
        page.goto("/line/")
        looked_at(page, "say", citizen=True)
        press(page, "つぎへ")
        looked_at(page, "say-errors", citizen=True)
        page.locator("select[name=area]").select_option(index=3)
        page.locator("input[value=mobile]").check()
        page.locator("input[value=no_line]").check()
        press(page, "つぎへ")
        looked_at(page, "check", citizen=True)
        press(page, "もどって直す")
        expect(page.locator("input[value=no_line]")).to_be_checked()
        press(page, "つぎへ")
        press(page, "この内容で送る")
        looked_at(page, "said", citizen=True)


def test_a_planner_loads_an_answer_and_reads_every_page(browser: Browser, address: str, tmp_path: Path) -> None:
    value = json.loads((files("daremo.web.apps.lines") / "town" / "load.json").read_text(encoding="utf-8"))
    (tmp_path / "new.json").write_text(json.dumps(value | {"notes": ["あたらしい仮定"]}), encoding="utf-8")
    with staff(browser, address, "自治体") as page:
        page.goto("/lines/")
        looked_at(page, "hub", citizen=False)
        page.get_by_role("link", name="計算の結果を取りこむ").click()
        looked_at(page, "add", citizen=False)
        page.set_input_files("input[type=file]", str(tmp_path / "new.json"))
        page.fill("input[name=source]", "県デジタル課の計算")
        page.fill("input[name=as_of]", "令和8年11月1日")
        press(page, "読んで確かめる")
        looked_at(page, "preview", citizen=False)
        press(page, "取りこむ")
        expect(page.locator("main")).to_contain_text("県デジタル課の計算")
        for kind in KINDS:
            page.goto(f"/lines/show/{kind}/")
            looked_at(page, kind, citizen=False)
        page.goto("/lines/voices/")
        looked_at(page, "voices", citizen=False)


def test_the_sentence_about_a_bottleneck_prints_on_paper(browser: Browser, address: str) -> None:
    with staff(browser, address, "監査") as page:
        page.goto("/lines/show/load/")
        expect(page.locator("main")).to_contain_text("ポイント下がります")
        check_print(page, at_most=2)


def test_what_breaks_opens_for_the_auditor_and_for_no_manager(browser: Browser, address: str) -> None:
    with staff(browser, address, "監査") as page:
        page.goto("/lines/")
        page.get_by_role("link", name=re.compile("こわれたとき")).click()
        expect(page.get_by_role("table", name="この表を見た人")).to_be_visible()
        looked_at(page, "failures", citizen=False)
    with staff(browser, address, "団体の責任者") as page:
        page.goto("/lines/")
        assert page.locator("main a[href='/lines/failures/']").count() == 0
        answer = page.goto("/lines/failures/")
        assert answer is not None and answer.status == 403
