"""Is this page right? The rules of UX-RULES.md as far as a program can see them, in real Chromium.

>>> with chromium() as browser, serving() as address:           # doctest: +SKIP
...     page = browser.new_page()
...     page.goto(address + "/")
...     check_page(page, citizen=True)
"""

from __future__ import annotations

import io
import os
import shutil
import socketserver
import tempfile
import threading
import warnings
import wsgiref.simple_server
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

RULES = (Path(__file__).with_name("rules.js")).read_text(encoding="utf-8")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--accept-lang=ja-JP",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
WIDE, NARROW = (1280, 900), (320, 640)
#: Rules that hold at every width.
EVERYWHERE = ("targets", "letters", "sideways")
#: Rules that do not depend on the width.
ONCE = ("own_words", "hosts", "weight", "shell", "sentences")


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Debian's Chromium, headless; the test is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium on this machine: apt install chromium fonts-morisawa-bizud-gothic")
    # Playwright keeps an event loop in this thread; Django would then refuse its own database calls in the test.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


class _Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(application: Callable[..., Any] | None = None) -> Iterator[str]:
    """Serve the Django project (static files too) on a free port of this machine; gives ``http://127.0.0.1:…``.

    Requests run in other threads: what they shall see of the database must be committed, in a file or a server.
    """
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.wsgi import get_wsgi_application

    app = application or StaticFilesHandler(get_wsgi_application())
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, app, _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _ask(page: Page, rule: str, citizen: bool = True) -> Any:
    return page.evaluate(f"({RULES})({rule!r}, {str(citizen).lower()})")


def _axe(page: Page, where: str) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from axe_playwright_python.sync_playwright import Axe
    found = Axe().run(page).response["violations"]
    return [f"axe, {where}: {v['id']} ({v['help']}): {n['html'][:160]}" for v in found for n in v["nodes"]]


def _keyboard(page: Page) -> list[str]:
    """Tab from the first to the last: every stop is seen, the order is that of the page, nothing is a trap."""
    wrong: list[str] = []
    page.evaluate("document.activeElement?.blur(); window.getSelection()?.removeAllRanges()")
    page.evaluate("document.querySelectorAll('[data-seen]').forEach(e => delete e.dataset.seen)")
    page.evaluate("(() => { const b = document.body; b.tabIndex = -1; b.focus(); b.removeAttribute('tabindex'); })()")
    stops, last = int(_ask(page, "focusable")), -1
    for _ in range(stops + 2):
        page.keyboard.press("Tab")
        now = _ask(page, "focus")
        if now is None or now["again"]:
            break
        wrong += now["wrong"]
        if now["order"] < last:
            wrong.append(f"focus goes back to {now['name']}")
        last = now["order"]
    else:
        wrong.append("Tab does not come to an end")
    wrong += _ask(page, "unreached")
    page.evaluate("document.querySelectorAll('[data-seen]').forEach(e => delete e.dataset.seen)")
    return wrong


def _settled(page: Page) -> None:
    """Wait until the page is loaded and autofocus, which the browser grants at a later frame, has had its chance."""
    page.wait_for_load_state("load")
    waiting = (
        "() => { const box = document.querySelector('[autofocus]'); return !box || document.activeElement === box }"
    )
    with suppress(PlaywrightTimeout):  # the rule "errors" says what is wrong
        page.wait_for_function(waiting, timeout=5_000)


def problems(
    page: Page, *, citizen: bool = True, keyboard: bool = True, axe: bool = True, shell: bool = True
) -> list[str]:
    """Everything wrong with the page that is open now, one sentence each. Leaves it at 1280 × 900, light."""
    _settled(page)
    wrong = list(_ask(page, "errors"))  # first, before anything moves the focus
    wrong += [
        p for rule in ONCE if shell or rule not in ("shell", "hosts", "weight") for p in _ask(page, rule, citizen)
    ]
    for width, height in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": height})
        wrong += [f"{p} (at {width} px)" for rule in EVERYWHERE for p in _ask(page, rule, citizen)]
        for scheme in ("light", "dark") if axe else ():
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            wrong += _axe(page, f"{scheme}, {width} px")
        page.emulate_media(color_scheme="light")
        if keyboard:
            wrong += [f"{p} (at {width} px)" for p in _keyboard(page)]
    for width in (1280, 640):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wrong += [f"{p} (200 % text, {width} px)" for p in _ask(page, "sideways", citizen)]
        page.evaluate("document.documentElement.style.fontSize = ''; document.documentElement.removeAttribute('style')")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.emulate_media(forced_colors="active")
    wrong += list(_ask(page, "forced", citizen))
    page.emulate_media(forced_colors="none")
    return list(dict.fromkeys(wrong))


def check_page(page: Page, citizen: bool = True, **options: bool) -> None:
    """Fail with every rule that the open page breaks; ``citizen=False`` for staff pages."""
    wrong = problems(page, citizen=citizen, **options)
    assert not wrong, f"{page.url}\n" + "\n".join(wrong)


def check_print(page: Page, at_most: int = 2) -> None:
    """Fail where the page needs more than `at_most` A4 sheets, or has letters under 12 pt on paper."""
    from pypdf import PdfReader

    page.emulate_media(media="print")
    wrong = list(_ask(page, "print_letters"))
    page.emulate_media(media="null")  # "screen" would also hold for the sheet of paper
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        page.pdf(path=path, prefer_css_page_size=True)
        sheets = len(PdfReader(io.BytesIO(path.read_bytes())).pages)
    if sheets > at_most:
        wrong.append(f"{sheets} sheets of paper, at most {at_most}")
    assert not wrong, f"{page.url} on paper\n" + "\n".join(wrong)


def shoot(page: Page, folder: Path, name: str) -> list[Path]:
    """Screenshots of the whole page at 1280 and 320 px, to be looked at beside the exemplars."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        paths.append(folder / f"{name}-{width}.png")
        page.screenshot(path=paths[-1], full_page=True)
    return paths
