"""Components say what they are given: escaped, translated, tied together for screen readers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import translation
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from daremo.web.ui import context, handlers, rings, text
from daremo.web.ui.gallery import Question, examples
from daremo.web.ui.pieces import Fact, Place, Point, Time, sketch_of


def drawn(source: str, **values: Any) -> str:
    request = RequestFactory().get("/")
    return Template("{% load daremo %}" + source).render(
        Context({**context.page(request), "request": request, **values})
    )


def test_ruby_is_drawn_in_html_and_left_out_of_plain_text() -> None:
    assert (
        text.to_html("{予約|よやく}する") == "<span><ruby>予約<rp>（</rp><rt>よやく</rt><rp>）</rp></ruby>する</span>"
    )
    assert text.to_plain("{予約|よやく}する") == "予約する"
    assert text.to_plain(text.to_html("{予約|よやく}する")) == "予約する"
    assert drawn("{% filter no_ruby %}{{ x|ruby }}{% endfilter %}", x="{予約|よやく}") == "予約"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_and_no_value_can_bring_markup(source: str, value: str) -> None:
    html = text.to_html(source + "{x}", x=value)
    assert set(re.findall(r"</?\w+", html)) <= {"<span", "</span", "<ruby", "</ruby", "<rp", "</rp", "<rt", "</rt"}
    assert isinstance(html, SafeString)


@given(st.text(max_size=40).filter(lambda t: not isinstance(t, SafeString)))
def test_a_value_is_never_read_as_ruby(value: str) -> None:
    assert text.to_plain("{x}さん", x=value) == value + "さん"
    assert "<ruby>" not in text.to_html("{x}さん", x="{" + value.replace("{", "").replace("}", "") + "|あ}")


def test_english_chooses_the_word_by_the_number() -> None:
    assert text.to_plain("{n} {n#place|places}", n=1) == "1 place"
    assert text.to_plain("{n} {n#place|places}", n=3) == "3 places"


def test_words_follow_the_language_and_attributes_carry_no_ruby() -> None:
    with translation.override("ja-easy"):
        assert "<rt>か</rt>" in drawn('{% t "変える" %}')
        assert drawn('<a title="{% tp "変える" %}">') == '<a title="変える">'
        assert "<rt>げつようび</rt>" in drawn("{% jdate d %}", d=date(2026, 11, 23))
    with translation.override("en"):
        assert drawn('{% t "変える" %}') == "Change"
        assert drawn('{% back "/x/" %}').count("Back (your answers are kept)") == 1
    assert drawn('{% t "変える" %}') == "変える"


def test_a_field_ties_label_hint_and_error_to_its_control() -> None:
    form = Question({"phone": "０９０"})
    html = drawn("{% field form.phone %}", form=form)
    assert '<label for="id_phone">' in html and 'value="０９０"' in html and 'autocomplete="tel"' in html
    assert 'aria-describedby="id_phone-error id_phone-hint"' in html and 'aria-invalid="true"' in html
    assert html.count("aria-describedby") == 1 and html.count("aria-invalid") == 1
    assert 'id="id_phone-error"' in html and 'id="id_phone-hint"' in html


def test_an_optional_field_says_so_and_a_hidden_mark_is_not_needed() -> None:
    assert "（なくてもよい）" in drawn("{% field form.memo %}", form=Question())
    assert "（なくてもよい）" not in drawn("{% field form.phone %}", form=Question())


def test_the_error_summary_counts_and_links_each_problem() -> None:
    form = Question({"phone": "０９０", "name": "見本"})
    html = drawn("{% error_summary form %}", form=form)
    links = re.findall(r'href="#([\w-]+)"', html)
    assert links == ["id_need_0", "id_alone_0", "id_phone"] and "あと3か所" in html and "autofocus" in html
    page = drawn("{% choice_group form.need %}{% choice_group form.alone %}{% field form.phone %}", form=form)
    assert all(f'id="{to}"' in page for to in links)
    assert drawn("{% error_summary form %}", form=Question()).strip() == ""


def test_the_title_says_error_only_where_there_is_one() -> None:
    assert drawn("{% title_prefix %}", form=Question({})) == "エラー："
    assert drawn("{% title_prefix %}", forms=[Question(), Question({})]) == "エラー："
    assert drawn("{% title_prefix %}", form=Question()) == "" == drawn("{% title_prefix %}")
    assert drawn("{% title_prefix %}", has_errors=True) == "エラー："


def test_answers_keep_what_was_chosen_and_nothing_else_is_chosen() -> None:
    html = drawn("{% choice_group form.need %}", form=Question({"need": "procedure"}))
    assert re.findall(r'value="(\w+)" id="\w+" checked', html) == ["procedure"]
    assert "checked" not in drawn(
        "{% choice_group form.need %}{% choice_group form.extra %}{% check form.agreed %}", form=Question()
    )


def test_a_place_without_free_times_says_what_else() -> None:
    html = drawn("{% place_card p %}", p=Place(2, "<b>ひがし</b>図書館", full="つぎの空きは、12月1日です。"))
    assert "つぎの空き" in html and "<b>ひがし" not in html and 'class="times"' not in html


def test_a_time_is_a_link_or_a_button_of_a_form() -> None:
    start, today = datetime(2026, 11, 24, 5, 0, tzinfo=UTC), date(2026, 11, 24)
    link = drawn("{% time_button t %}", t=Time(start, today, href="/x/"))
    assert link.startswith('<a class="time" href="/x/"><span>きょう 24日（火）</span><b>14:00</b>')
    button = drawn("{% time_button t %}", t=Time(start, today, name="opening", value="7"))
    assert '<button class="time" type="submit" name="opening" value="7">' in button


def test_facts_are_escaped_and_the_change_link_says_of_what() -> None:
    html = drawn("{% facts rows %}", rows=[Fact("電話", "<i>", href="/c/")])
    assert "&lt;i&gt;" in html and "（電話）" in html


@given(st.integers(1, 12), st.integers(0, 14))
def test_a_ring_has_one_arc_for_each_question(of: int, at: int) -> None:
    svg = rings.step_ring(at, of)
    assert svg.count("<path") == of
    assert svg.count("ring-now") == int(1 <= at <= of) and svg.count("ring-done") == min(max(at - 1, 0), of)


@given(st.floats(0, 1))
def test_the_ring_of_progress_is_full_only_at_one(share: float) -> None:
    svg = rings.progress_ring(share)
    assert ("rp-full" in svg) == (share == 1) and ("rp-dot" in svg) == (0 < share < 1)


def test_a_share_outside_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        rings.progress_ring(1.01)


def test_the_qr_code_is_the_one_that_segno_draws() -> None:
    import segno

    svg = rings.qr("https://mihon.example/b/7K492M", '"番号"')
    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
    cells = [[False] * side for _ in range(side)]
    for x, y, n in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        cells[int(y)][int(x) : int(x) + int(n)] = [True] * int(n)
    want = [
        [bool(c) for c in row]
        for row in segno.make("https://mihon.example/b/7K492M", error="m", micro=False).matrix_iter(border=4)
    ]
    assert cells == want and "&quot;番号&quot;" in svg


@given(st.lists(st.tuples(st.floats(34.2, 34.5), st.floats(133.9, 134.2)), min_size=1, max_size=8))
def test_pins_stay_on_the_sketch_map_and_north_is_up(at: list[tuple[float, float]]) -> None:
    spots = sketch_of([Point(lat, lon, i) for i, (lat, lon) in enumerate(at)]).spots
    assert all(7 <= s.x <= 93 and 11 <= s.y <= 96 for s in spots)
    if len(at) == 2 and abs(at[0][0] - at[1][0]) > 0.01:
        assert (spots[0].y < spots[1].y) == (at[0][0] > at[1][0])


def test_the_ring_of_five_minutes_is_400_metres() -> None:
    metres = 400
    north = Point(34.34 + metres / 111_320, 134.05, 1)
    sketch = sketch_of([Point(34.34, 134.05, 0), north])
    assert sketch.here is not None
    radius = next(r for r, minutes in sketch.rings if minutes == 5)
    apart = sketch.here[1] - sketch.spots[1].y * 4.2
    assert apart == pytest.approx(radius, abs=0.6)


def test_pagination_keeps_the_other_parameters() -> None:
    request = RequestFactory().get("/?q=a&q=b&page=2")
    html = Template("{% load daremo %}{% pagination page_obj %}").render(
        Context({"request": request, "page_obj": examples()["page_obj"]})
    )
    assert "?q=a&amp;q=b&amp;page=1" in html and "?q=a&amp;q=b&amp;page=3" in html and "3ページ中2ページめ" in html


@pytest.mark.parametrize("code", ["ja", "ja-easy", "en"])
def test_the_language_is_a_plain_link_that_stays_on(code: str) -> None:
    client = Client()
    answer = client.get(f"/language/{code}/", {"next": "/ui/?q=1"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/ui/?q=1"
    for address in ("/ui/", "/ui/ticket/"):
        html = client.get(address).content.decode()
        assert re.search(r'<span aria-current="true"[^>]*>([^<]+)', html)[1] == dict(context.LANGUAGES)[code]  # type: ignore[index]
    assert f'<html lang="{"en" if code == "en" else "ja"}"' in html and ('class="citizen easy"' in html) == (
        code == "ja-easy"
    )


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", ""]
)
def test_the_language_switch_leads_nowhere_else(target: str) -> None:
    assert Client().get("/language/en/", {"next": target}).headers["Location"] == "/"


def test_an_unknown_language_and_another_method_are_refused() -> None:
    assert Client().get("/language/fr/").status_code == 404
    assert Client().post("/language/en/").status_code == 405


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize("name", ["bad_request", "permission_denied", "csrf_failure", "page_not_found", "server_error"])
def test_every_error_page_carries_the_phone_number(name: str, language: str) -> None:
    with translation.override(language):
        answer = getattr(handlers, name)(RequestFactory().get("/?secret=見本はなこ"))
    assert answer.status_code >= 400 and b"0000-12-3456" in answer.content
    assert "<h1>" in answer.content.decode()


def test_the_500_page_stands_even_where_templates_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no templates")

    monkeypatch.setattr(handlers, "render_to_string", fails)
    answer = handlers.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500 and b"0000-12-3456" in answer.content


def test_the_gallery_is_there_in_practice_only(settings_of: Any) -> None:
    assert Client().get("/ui/").status_code == 200
    settings_of(DAREMO_MODE="production")
    assert Client().get("/ui/").status_code == 404
    assert "練習モード" not in drawn('{% include "ui/base_citizen.html" %}')


def test_the_town_says_who_it_is_and_japanese_fills_the_gaps(settings_of: Any) -> None:
    settings_of(DAREMO_SITE={"ja": {"city": "例市", "phone": "+81 3-0000-0000"}, "en": {"city": "Rei City"}})
    assert context.site_of("en")["city"] == "Rei City" and context.site_of("en")["phone"] == "+81 3-0000-0000"
    assert context.site_of("ja").tel == "+81300000000" and context.site_of("ja-easy")["city"] == "例市"


def test_tabs_and_foot_links_come_from_the_apps_and_mark_where_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from django.apps import apps

    config = apps.get_app_config("ui")
    tabs = [
        context.StaffTab(20, "ui:gallery", "見本"),
        context.StaffTab(10, "no:where", "ない"),
        context.StaffTab(30, "ui:gallery", "ひみつ", allowed=lambda request: False),
    ]
    monkeypatch.setattr(config, "staff_tabs", tabs, raising=False)
    monkeypatch.setattr(config, "citizen_links", [context.FootLink(1, "ui:gallery", "方針")], raising=False)
    for view, current in (("ui:gallery", "page"), ("ui:language", "true"), ("finder:home", "")):
        request = RequestFactory().get("/")
        request.resolver_match = SimpleNamespace(view_name=view)  # type: ignore[assignment]
        assert context.tabs_of(request) == [{"href": "/ui/", "label": "見本", "current": current, "pages": []}]
    assert context.links_of("citizen_links") == [{"href": "/ui/", "text": "方針"}]
    assert '<a href="/ui/">方針</a>' in drawn('{% include "ui/base_citizen.html" %}')


def test_a_form_that_is_not_there_has_no_error_summary() -> None:
    assert drawn("{% error_summary form %}").strip() == ""
    assert drawn("{{ n|num }}", n=9240) == "9,240"
