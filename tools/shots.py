"""Pictures of the desk's main pages for ``docs/look/pages``: ``python tools/shots.py http://localhost:8000``.

The service must run in practice mode with the sample town (``daremo serve``). Chromium as in the browser tests.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.page import chromium

FOLDER = Path("docs/look/pages")
WIDTHS = (1280, 320)


def _book(page: Page, base: str, shoot: Callable[[str], None]) -> None:
    page.goto(base + "/")
    shoot("01-home")
    page.locator(".time").first.click()
    if page.locator("input[name=by]").count() == 0:
        page.locator("main a.btn, main button.btn").first.click()
    page.locator("input[name=by][value=self]").check(force=True)
    page.locator("main form button[type=submit]").first.click()
    shoot("02-question")
    page.locator("input[name=need][value=proc]").check(force=True)
    page.locator("main form button[type=submit]").first.click()
    page.fill("input[name=name]", "見本 はなこ")
    page.fill("input[name=phone]", "０９０－００００－１２３４")
    page.locator("main form button[type=submit]").first.click()
    shoot("03-check")
    page.locator("main form button[type=submit]").first.click()
    shoot("04-ticket")


def _easy(page: Page, base: str, shoot: Callable[[str], None]) -> None:
    page.goto(base + "/language/ja-easy/?next=/")
    page.goto(base + "/")
    shoot("05-home-easy")
    page.goto(base + "/language/ja/?next=/")


def _staff(page: Page, base: str, shoot: Callable[[str], None]) -> None:
    page.goto(base + "/staff/practice/")
    page.get_by_role("button", name="自治体（").click()
    for name, address in (("06-loop", "/loop/"), ("07-telephone", "/desk/"), ("08-counter", "/counter/")):
        page.goto(base + address)
        if name == "07-telephone":
            page.fill("#who", "1234")
            page.keyboard.press("Enter")
            page.wait_for_load_state("networkidle")
            if page.locator("input[name=p]").count() > 1:
                page.locator("input[name=p]").first.check(force=True)
                page.wait_for_timeout(800)
            page.locator("input[name=slot]").first.check(force=True)
            page.wait_for_timeout(1200)
        if name == "08-counter" and address == "/counter/" and page.locator("main a[href^='/counter/']").count():
            page.locator("main a[href^='/counter/']").first.click()
        shoot(name)
    page.goto(base + "/visits/new/")
    shoot("09-visit")
    page.goto(base + "/figures/")
    shoot("10-month")


def main() -> None:
    """Take every picture at both widths."""
    base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://localhost:8000"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for width in WIDTHS:
            context = browser.new_context(viewport={"width": width, "height": 900}, locale="ja-JP")
            page = context.new_page()

            def shoot(name: str, page: Page = page, width: int = width) -> None:
                page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=False)
                print(f"{name}-{width}.png  {page.title()}")

            for walk in (_book, _easy, _staff):
                walk(page, base, shoot)
            context.close()


if __name__ == "__main__":
    main()
