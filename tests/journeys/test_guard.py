"""An officer guards the city's name, in real Chromium: hand in, read, copy, print, come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.desk import desk
from tests.journeys.page import check_page, check_print
from tests.journeys.visitors import staff
from tests.trust.mail.aggregate import FORGED, GOOD, report

ZONE = (
    'city.example.jp TXT "v=spf1 mx -all"\ncity.example.jp MX "10 mx.city.example.jp"\n'
    '_dmarc.city.example.jp TXT "v=DMARC1; p=none; rua=mailto:d@city.example.jp"\n'
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with desk("tests.journeys.guarded") as found:
        yield found


def assess(page: Page) -> None:
    page.get_by_role("button", name="しらべる").click()
    page.wait_for_load_state()


def test_an_officer_learns_which_mail_would_be_lost_and_then_the_line_to_publish(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    with staff(browser, address, "自治体") as page:
        page.goto("/guard/")
        check_page(page, citizen=False)
        page.get_by_role("link", name="メールの守りを見る").click()
        check_page(page, citizen=False)
        page.get_by_role("link", name="city.example.jp").click()
        expect(page.get_by_role("heading", name="強めると届かなくなるかもしれない")).to_be_visible()
        expect(page.get_by_role("cell", name="自分のものか、確かめる")).to_be_visible()
        check_page(page, citizen=False)
        check_print(page, at_most=2)
        page.get_by_role("link", name="新しい報告で、もう一度しらべる").click()
        assess(page)
        check_page(page, citizen=False, keyboard=False)  # nothing handed in: the summary has the focus
        page.get_by_label("または、DNSの記録をはりつける").fill(ZONE)
        files = [tmp_path / f"{day}.xml" for day in range(15)]
        for day, path in enumerate(files):
            path.write_bytes(report(day, GOOD, FORGED))
        page.get_by_label("DMARCの報告").set_input_files(files)
        assess(page)
        expect(page.get_by_label("DNSを管理する人に渡す1行")).to_have_value(
            '_dmarc.city.example.jp. IN TXT "v=DMARC1; p=quarantine; rua=mailto:d@city.example.jp"'
        )
        check_page(page, citizen=False, keyboard=False)


def test_an_officer_decides_how_sure_a_service_must_be_and_takes_the_record(browser: Browser, address: str) -> None:
    with staff(browser, address, "自治体") as page:
        page.goto("/guard/identity/")
        check_page(page, citizen=False, keyboard=False)
        page.get_by_role("link", name="給付金・手当の申請").click()
        check_page(page, citizen=False, keyboard=False)
        page.get_by_role("button", name="案を見る").click()
        page.wait_for_load_state()
        check_page(page, citizen=False, axe=False, keyboard=False)  # nobody counted: the summary has the focus
        page.get_by_label("75〜84歳").fill("９,０００")
        page.get_by_role("button", name="案を見る").click()
        expect(page.get_by_role("heading", name="持っていない人の方法")).to_be_visible()
        check_page(page, citizen=False)
        check_print(page, at_most=2)
        page.locator("input[name=pick]").nth(1).check()
        page.get_by_role("button", name="選んだ組み合わせに決める").click()
        expect(page.get_by_text("決めた日：")).to_be_visible()
        check_page(page, citizen=False, keyboard=False)
        with page.expect_download() as got:
            page.get_by_role("link", name="決定の記録をもらう（文書）").click()
        assert "決めた日: 2026-12-01" in got.value.path().read_text("utf-8")


def test_an_officer_gives_a_weakness_an_owner_and_holds_an_exercise(browser: Browser, address: str) -> None:
    with staff(browser, address, "自治体") as page:
        page.goto("/loop/")
        page.get_by_role("link", name="手当てを開く").first.click()
        check_page(page, citizen=False)
        page.get_by_role("link", name="mail-gate").click()
        check_page(page, citizen=False)
        page.get_by_label("すんだ").check()
        page.get_by_role("button", name="これで決める").click()
        expect(page.get_by_role("link", name="mail-gate")).to_have_count(0)
        page.get_by_role("button", name="読んで、くらべる").click()
        page.wait_for_load_state()
        check_page(page, citizen=False, axe=False, keyboard=False)  # no file: the summary has the focus
        page.goto("/guard/exercise/")
        check_page(page, citizen=False, keyboard=False)
        check_print(page, at_most=2)
        page.locator("input[name=met_1][value=no]").check()
        page.locator("input[name=gap_1]").fill("連絡先の名簿がない")
        page.get_by_role("button", name="ふりかえりの記録を作る").click()
        expect(page.get_by_role("cell", name="連絡先の名簿がない")).to_be_visible()
        check_page(page, citizen=False, keyboard=False)
        check_print(page, at_most=1)
