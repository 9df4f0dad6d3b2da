"""Who walks the journeys: somebody with a browser of her own, staff signed in with a practice account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

#: How long a step may take: a busy machine with two processors is no fault of the page.
PATIENCE_MS = 40_000


@contextmanager
def somebody(browser: Browser, address: str, language: str = "ja", script: bool = True) -> Iterator[Page]:
    """A page in a browser that nobody else uses, in the language asked for, with or without script."""
    context = browser.new_context(java_script_enabled=script, base_url=address, locale="ja-JP")
    context.add_cookies([{"name": "daremo_language", "value": language, "url": address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        yield page
    finally:
        context.close()


@contextmanager
def staff(browser: Browser, address: str, role: str = "自治体", script: bool = True) -> Iterator[Page]:
    """Somebody of the staff, signed in with a practice account."""
    with somebody(browser, address, script=script) as page:
        page.goto("/staff/practice/")
        page.get_by_role("button", name=re.compile(f"^{role}（")).first.click()
        yield page


def press(page: Page, words: str) -> None:
    """Press the button with these words."""
    page.get_by_role("button", name=words).click()
