"""One browser a file of journeys, and clicks that wait for the page they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator

from tests.journeys.page import chromium


@pytest.fixture(scope="session", autouse=True)
def patient_clicks() -> Iterator[None]:
    """A click returns when the answer has begun, before its title is there: every journey waits for the whole page."""
    click = Locator.click

    def click_and_wait(self: Locator, **options: Any) -> None:
        click(self, **options)
        self.page.wait_for_load_state()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", click_and_wait)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started
