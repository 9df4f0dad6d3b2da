"""Pictures of the desk's main pages for ``docs/look/pages``: ``python -m tools.shots http://localhost:8000 [WALK…]``.

The service must run in practice mode with the sample town (``daremo serve``). Chromium as in the browser tests.
Walks: book, easy, staff, check, diagnosis, genuine; all of them where none is named.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from daremo.assess.content.read import content
from tests.journeys.page import chromium

FOLDER = Path("docs/look/pages")
WIDTHS = (1280, 320)
HEIGHT = 900
#: A picture that would be larger is cut at its foot.
MOST_BYTES = 150_000


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


def _check(page: Page, base: str, shoot: Callable[[str], None]) -> None:
    page.goto(base + "/check/")
    _next(page, "main form button.btn")
    page.locator("input[name=stage][value='75_84']").check(force=True)
    _next(page, "main form button[type=submit]")
    while "/about/" in page.url:
        if page.locator("button[name=skip]").count():
            _next(page, "button[name=skip]")
        else:
            page.locator("main .choice input").first.check(force=True)
            _next(page, "main form button[type=submit]")
    shown = False
    for _ in range(60):
        if "/task/" not in page.url:
            break
        # the first screen of a telephone that is asked; nearly every check has one
        if not shown and page.locator(".screen:not(.screen--free) .tap").count():
            shoot("11-skill-task")
            shown = True
        asked = content().items[page.locator("main form input[name=item]").get_attribute("value") or ""]
        if asked.area > 3:
            # somebody who is at home with her phone, but not when it is about safety or when she is stuck
            if asked.kind == "steps":
                _next(page, "button[name=answer][value=dont-know]")
                continue
            page.locator("input[name=answer][value=dont-know]").check(force=True)
        elif page.locator("button[name=press]").count():
            pressed = len(asked.key) - page.locator("button[name=press]").count()
            _next(page, f"button[name=press][value='{asked.key[pressed]}']")
            continue
        elif asked.kind != "steps":
            page.locator(f"input[name=answer][value='{asked.key[0]}']").first.check(force=True)
        _next(page, "main fieldset .actions button")
    shoot("12-skill-result")
    if not shown:
        raise SystemExit("no screen of a telephone was asked this time; take the pictures again")


def _diagnosis(page: Page, base: str, shoot: Callable[[str], None]) -> None:
    page.goto(base + "/staff/practice/")
    with page.expect_navigation():
        page.get_by_role("button", name="自治体（").click()
    page.goto(base + "/diagnosis/")
    page.get_by_role("link", name=re.compile("結果を見る.*デジタル活用")).click()
    page.locator("figure").scroll_into_view_if_needed()
    shoot("13-diagnosis")


def _genuine(page: Page, base: str, shoot: Callable[[str], None]) -> None:
    page.goto(base + "/genuine/")
    shoot("14-genuine")


def _next(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


WALKS: dict[str, Callable[[Page, str, Callable[[str], None]], None]] = {
    "book": _book,
    "easy": _easy,
    "staff": _staff,
    "check": _check,
    "diagnosis": _diagnosis,
    "genuine": _genuine,
}


def main() -> None:
    """Take the pictures of every walk that is named, at both widths."""
    base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://localhost:8000"
    walks = [WALKS[name] for name in sys.argv[2:] or WALKS]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for width in WIDTHS:
            context = browser.new_context(viewport={"width": width, "height": HEIGHT}, locale="ja-JP")
            page = context.new_page()

            def shoot(name: str, page: Page = page, width: int = width) -> None:
                path, height = FOLDER / f"{name}-{width}.png", HEIGHT
                page.screenshot(path=path)
                while path.stat().st_size > MOST_BYTES and height > 300:
                    height -= 50
                    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": width, "height": height})
                print(f"{name}-{width}.png  {page.title()}")

            for walk in walks:
                walk(page, base, shoot)
            context.close()


if __name__ == "__main__":
    main()
