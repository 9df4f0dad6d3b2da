"""The page checker finds each fault that it is there to find, and finds none in the exemplar pages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.page import check_page, check_print, problems

SHELL = """<!DOCTYPE html><html lang="ja"><head><title>{title}</title><style>
body {{ margin: 0; font: 18px/1.8 sans-serif; color: #111; background: #fff }}
a, button, input {{ display: block; min-height: 44px; min-width: 44px; margin: 12px; box-sizing: border-box; font: inherit; color: #00118f }}
:focus-visible {{ outline: 4px solid #000 }} .skip:not(:focus) {{ position: absolute; left: -999px }} .btn {{ min-height: 56px; border: 2px solid }}
{css}</style></head><body><a class="skip" href="#main">本文へ</a><header class="head"><nav class="lang" aria-label="ことば"><b>日本語</b> <b>やさしい</b> <b>English</b></nav></header>
<aside class="help" aria-label="電話"><a href="tel:0000123456">0000-12-3456</a></aside><main id="main" tabindex="-1"><h1>見本</h1>{main}</main></body></html>"""
#: The frame above must carry its style inside, which the checker rightly names.
KNOWN = "an inline <style>"


def found(browser: Browser, main: str, css: str = "", title: str = "見本", axe: bool = False) -> list[str]:
    page = browser.new_page()
    page.set_content(SHELL.format(main=main, css=css, title=title))
    try:
        return [p for p in problems(page, axe=axe) if p != KNOWN]
    finally:
        page.close()


def test_a_page_without_fault_passes(browser: Browser) -> None:
    assert found(browser, '<p>こんにちは。</p><a class="btn" href="#main">つぎへ</a>', axe=True) == []


@pytest.mark.parametrize(
    ("main", "css", "said"),
    [
        ('<a href="#main" class="x">あ</a>', ".x { min-width: 0; width: 30px }", "is 30 × 44 px, least 44"),
        ('<a href="#main">あ</a><a href="#main">い</a>', "main a { margin: 0 }", "0 px apart, least 8"),
        ('<a class="btn" href="#main">つぎへ</a>', ".btn { min-height: 50px }", "50 px high, least 56"),
        ("<p><small>小さい</small></p>", "small { font-size: 15px }", "letters of 15.0 px, least 18"),
        ('<svg viewBox="0 0 200 20" width="100" height="10"><text y="15">絵の字</text></svg>', "svg { font-size: 18px }", "letters of 9.0 px"),
        ("<p class=w>広い</p>", ".w { width: 500px }", "scrolls sideways"),
        ("<p class=w>広い</p>", ".w { width: 22rem }", "200 % text"),
        ("<table><tr><td>長い長い長い長い長い長い長い長い長い長い</td></tr></table>", "td { white-space: nowrap }", "in no labelled region"),
        ("<p class=c>切れて見えなくなる長い文があります</p>", ".c { width: 90px; overflow: hidden; white-space: nowrap }", "text is cut off"),
        ('<p style="color: red">赤</p>', "", "inline style"),
        ("<script>1</script>", "", "inline <script>"),
        ('<button onclick="f()">押す</button>', "", "inline handler onclick"),
        ('<img alt="" src="https://other.example/x.png">', "", "another host"),
        ('<form action="https://other.example/"></form>', "", "another host"),
        ("<h1>二つめ</h1>", "", "2 h1"),
        ('<p id="a">1</p><p id="a">2</p>', "", "stands twice"),
        ('<label>電話<input type="tel" name="t"></label>', "", "no autocomplete"),
        ('<form method="get"><label>電話<input type="tel" autocomplete="tel" name="t"></label></form>', "", "sent by GET"),
        ("<p>" + "あ" * 51 + "。</p>", "", "51 letters in a sentence"),
        ('<a href="#main">見えない</a>', ":focus-visible { outline: 2px solid }", "outline of"),
        ('<a class="hid" href="#main">かげ</a><div class="bar"></div>', ".bar { position: fixed; inset: 0 }", "lies under"),
        ('<a href="#main" tabindex="2">さき</a>', "", "not reached by Tab in its place"),
        ('<a class="btn" href="#main">つぎへ</a>', ".btn { border: 0 }", "no border in forced colours"),
        ('<p class="m">うごく</p>', "@keyframes k { to { opacity: .5 } } .m { animation: k 9s infinite }", "something moves"),
        ('<div class="field bad"></div>', "", "no error summary"),
        ('<div class="errors" tabindex="-1"><a href="#no">直す</a></div>', "", "title does not start"),
        ('<div class="errors" tabindex="-1"><a href="#no">直す</a></div>', "", "has not taken focus"),
        ('<div class="errors" tabindex="-1"><a href="#no">直す</a></div>', "", "leads nowhere"),
    ],
)  # fmt: skip
def test_each_fault_is_found(browser: Browser, main: str, css: str, said: str) -> None:
    wrong = found(browser, main, css)
    assert any(said in w for w in wrong), wrong


def test_axe_and_the_shell_are_looked_at(browser: Browser) -> None:
    assert any("color-contrast" in w for w in found(browser, "<p class=l>薄い</p>", ".l { color: #999 }", axe=True))
    page = browser.new_page()
    page.set_content("<title>見本</title><h1>見本</h1><p>本文</p>")
    wrong = "\n".join(problems(page, axe=False))
    page.close()
    for said in ("help does not stand", "html has no lang", "three languages", "no skip link"):
        assert said in wrong


def test_paper_is_counted_and_its_letters_measured(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(SHELL.format(title="見本", main="<p>紙</p>" * 200, css=""))
    with pytest.raises(AssertionError, match="sheets of paper, at most 2"):
        check_print(page)
    page.set_content(SHELL.format(title="見本", main="<p>紙</p>", css="@media print { p { font-size: 10pt } }"))
    with pytest.raises(AssertionError, match=r"10\.0 pt on paper"):
        check_print(page)
    page.close()


def test_the_exemplar_pages_pass(browser: Browser) -> None:
    folder = Path(os.environ.get("DAREMO_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "design" / "pages"
    if not folder.is_dir():
        pytest.skip(f"no exemplar pages in {folder}")
    for name in ("01-home", "02-booking-check", "04-visit"):
        page = browser.new_page()
        page.goto((folder / f"{name}.html").as_uri())
        check_page(page, citizen="staff" not in str(page.get_attribute("body", "class")))
        page.close()
