"""Answers on the pages: confirmed before they are shown, with source and date, what breaks only for its own role."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from daremo.kernel.errors import Conflict, DaremoError
from tests.web.bookings.town import START, Town
from tests.web.lines.told import KINDS, content, told
from tests.web.staff.world import World

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 10, 1)
SHOWN = ("gaps", "load", "availability", "upgrade", "access")


def loaded(act: Any, *kinds: str) -> dict[str, Any]:
    from daremo.web.apps.lines import services as lines

    found = {}
    for kind in kinds or KINDS:
        row = lines.take(act, f"{kind}.json", content(kind), source="県の計算", as_of=AS_OF)
        found[kind] = lines.show(act, row)
    return found


def system() -> Any:
    from daremo.web.apps.journal.act import of_the_system

    return of_the_system(START)


def get(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_nothing_is_shown_before_somebody_confirmed_it(town: Town) -> None:
    from daremo.web.apps.lines import services as lines

    row = lines.take(town.act(), "load.json", content("load"), source="県の計算", as_of=AS_OF)
    assert lines.newest("load") is None
    lines.show(town.act(), row)
    assert lines.newest("load").pk == row.pk
    with pytest.raises(Conflict):
        lines.show(town.act(), row)
    with pytest.raises(Conflict):
        lines.drop(town.act(), row)
    with pytest.raises(Conflict, match="lines-same"):
        lines.take(town.act(), "again.json", content("load"), source="県の計算", as_of=AS_OF)
    with pytest.raises(DaremoError, match="lines-no-source"):
        lines.take(town.act(), "x.json", content("fail"), source=" ", as_of=AS_OF)


def test_the_newest_answer_takes_the_place_of_the_one_before(town: Town) -> None:
    from daremo.web.apps.lines import services as lines

    loaded(town.act(), "load")
    row = lines.take(town.act(1), "b.json", content("load", utilisation=0.5), source="x", as_of=AS_OF)
    lines.show(town.act(1), row)
    assert lines.newest("load").data["utilisation"] == 0.5


def test_no_word_of_an_answer_stands_in_the_journal(town: Town) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.models import Event

    loaded(town.act())
    said = str(list(Event.objects.filter(table="lines.answer").values_list("data", flat=True)))
    assert "みほん東局" not in said and "cut_off" not in said and "県の計算" in said
    assert journal.differences() == []


def test_a_planner_loads_a_file_through_the_page(world: World) -> None:
    from daremo.web.apps.lines import services as lines

    client = world.client("city")
    file = SimpleUploadedFile("gaps.json", content("gaps"), "application/json")
    answer = client.post("/lines/add/", {"file": file, "source": "県の計算", "as_of": "令和8年10月1日"})
    assert answer.status_code == 302 and "/lines/preview/" in answer["Location"]
    page = get(client, answer["Location"])
    assert "みほん市" in page and "120地区のうち120地区" in page  # the world's areas have other codes
    assert client.post(answer["Location"], {"what": "show"})["Location"] == "/lines/show/gaps/"
    page = get(client, "/lines/show/gaps/")
    assert "県の計算" in page and "2026年10月1日" in page and "見本 city" in page
    assert lines.newest("gaps").by_id == world.own.members["city"].user_id


def test_a_wrong_file_is_answered_with_its_place(world: World) -> None:
    client = world.client("city")
    value = told("gaps")
    value["areas"][3]["share"] = 2
    for body, words in ((b"x", "JSONとして読めません"), (json.dumps(value).encode(), "areas[3].share")):
        file = SimpleUploadedFile("x.json", body, "application/json")
        answer = client.post("/lines/add/", {"file": file, "source": "x", "as_of": "2026-10-01"})
        assert answer.status_code == 409 and words in answer.content.decode()


def test_every_page_says_what_the_answer_says(world: World) -> None:
    loaded(system())
    client = world.client("auditor")
    hub = get(client, "/lines/")
    for kind in SHOWN:
        assert f"/lines/show/{kind}/" in hub
        page = get(client, f"/lines/show/{kind}/")
        assert "県の計算" in page and "SHA-256" in page
    assert "1 Gbps ふやすと、いちばん混む所の使用率が3.26ポイント下がります。" in get(client, "/lines/show/load/")
    gaps = get(client, "/lines/show/gaps/")
    worst = sorted((a for a in told("gaps")["areas"]), key=lambda a: -a["without"])
    places = [gaps.index(f'<th scope="row">{a["name"]}</th>') for a in worst[:20]]
    assert places == sorted(places) and "測定と合わない申告" in gaps and "99%" in gaps
    assert "3,840万円" in get(client, "/lines/show/upgrade/")
    assert "2億1,944万円" in get(client, "/lines/show/access/")
    assert "年に平均1.7時間" in get(client, "/lines/show/availability/")


def test_tables_can_be_searched_turned_and_taken_out(world: World) -> None:
    loaded(system(), "gaps", "upgrade")
    client = world.client("manager")
    assert "みほん島浦" in get(client, "/lines/show/gaps/?q=みほん島")
    assert "その名前の行は、ありません" in get(client, "/lines/show/gaps/?q=どこにもない")
    assert "3ページ中2ページめ" in get(client, "/lines/show/gaps/?page=2")
    answer = client.get("/lines/show/gaps.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("area,name,people,share,low,high") and len(lines) == 1 + 120 + 1
    assert "県の計算" in lines[-1]
    assert client.get("/lines/show/fail.csv").status_code == 404 and client.get("/lines/show/fail/").status_code == 404


def test_a_name_that_a_sheet_would_run_is_made_harmless(world: World) -> None:
    from daremo.web.apps.lines import services as lines

    value = told("gaps")
    value["areas"][0]["name"] = "=HYPERLINK(1)"
    lines.show(system(), lines.take(system(), "x.json", json.dumps(value).encode(), source="x", as_of=AS_OF))
    assert "'=HYPERLINK(1)" in world.client("city").get("/lines/show/gaps.csv").content.decode()


@pytest.mark.parametrize("role", ["supporter", "point", "manager"])
def test_what_breaks_is_closed_to_every_other_role(world: World, role: str) -> None:
    loaded(system())
    assert world.client(role).get("/lines/failures/").status_code == 403


def test_every_look_at_what_breaks_is_noted_before_it_is_shown(world: World) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.models import Event
    from daremo.web.apps.lines.models import Look

    loaded(system())
    page = get(world.client("auditor"), "/lines/failures/")
    assert "b1（見本県庁局〜みほん局）＋b2（" in page and "こわれると困るもの" in page and "見本 auditor" in page
    user = world.own.members["auditor"].user_id
    assert {(look.user_id, look.answer.kind) for look in Look.objects.all()} == {(user, k) for k in ("fail", "availability", "upgrade")}  # fmt: skip
    assert Event.objects.filter(kind="failures.seen", who=f"user:{user}").count() == 3
    get(world.client("city"), "/lines/failures/?page=2")
    assert Look.objects.count() == 6 and "みほん東局" not in str(list(Event.objects.values_list("data")))
    assert not [line for line in journal.differences() if line.startswith("lines.")]


def test_no_other_page_and_no_export_tells_what_breaks(world: World) -> None:
    from daremo.web.apps.lines import services as lines

    secret = "ひみつ局"
    rows = [{"kind": "node", "broken": [secret], "nodes": [secret], "areas": [], "people": 1, "lost_gbps": 1}]
    worst = [{"kind": "node", "broken": [secret], "utilisation": 1, "link": secret, "lost_gbps": 0}]
    parts = {
        "fail": {"cut_off": rows, "worst": worst, "notes": [secret]},
        "availability": {"importance": [{"component": secret, "kind": "node", "person_hours_year": 1}]},
        "upgrade": {"worst_case": secret, "cut_off": [{"case": secret, "demand_gbps": 1}]},
    }
    for kind in KINDS:
        row = lines.take(system(), f"{kind}.json", content(kind, **parts.get(kind, {})), source="x", as_of=AS_OF)
        preview = world.client("city").get(f"/lines/preview/{row.pk}/")
        assert preview.status_code == 200 and secret not in preview.content.decode()
        lines.show(system(), row)
    client = world.client("city")
    paths = ["/lines/", "/lines/voices/", "/lines/voices/challenges.csv", "/line/"]
    paths += [f"/lines/show/{k}{end}" for k in SHOWN for end in ("/", ".csv")]
    for path in paths:
        assert secret not in get(client, path), path
    assert secret in get(client, "/lines/failures/")


def test_an_answer_that_this_version_cannot_read_says_so(world: World) -> None:
    from daremo.web.apps.lines.models import Answer

    loaded(system())
    Answer.objects.update(data={"areas": [None]}, critical={"fail": 1})
    client = world.client("city")
    for path in ("/lines/", *(f"/lines/show/{k}/" for k in SHOWN)):
        assert "もう一度取りこんでください" in get(client, path)
    get(client, "/lines/failures/")


def test_the_command_line_shows_all_files_or_none(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from daremo.cli.frame import run
    from daremo.cli.main import daremo as command
    from daremo.web.apps.lines import services as lines

    for kind in KINDS:
        (tmp_path / f"{kind}.json").write_bytes(content(kind))
    (tmp_path / "bad.json").write_bytes(content("load", bound=0.9))
    told = ["--source", "県の計算", "--as-of", "2026-10-01", "--json"]
    assert run(command, ["desk", "lines", str(tmp_path / "gaps.json"), str(tmp_path / "bad.json"), *told]) != 0
    assert lines.newest("gaps") is None
    capsys.readouterr()
    assert run(command, ["desk", "lines", *(str(tmp_path / f"{kind}.json") for kind in KINDS), *told]) == 0
    assert [one["kind"] for one in json.loads(capsys.readouterr().out)["shown"]] == list(KINDS)
    row = lines.newest("gaps")
    assert row is not None and (row.source, row.as_of, row.by) == ("県の計算", AS_OF, None)


def test_time_takes_away_what_waits_what_breaks_and_what_is_old(town: Town) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.lines import services as lines
    from daremo.web.apps.lines.models import Answer, Look
    from daremo.web.apps.staff.models import User

    loaded(town.act(), "fail", "load", "gaps")
    lines.take(town.act(), "wait.json", content("access"), source="x", as_of=AS_OF)
    newer = lines.take(town.act(1), "b.json", content("load", utilisation=0.5), source="x", as_of=AS_OF)
    lines.show(town.act(1), newer)
    lines.look(town.act(), User.objects.create(username="u"))
    day = START.date()

    def left(after: int) -> list[str]:
        lines.keep_time(town.act(), day + timedelta(days=after))
        return sorted(Answer.objects.values_list("name", flat=True))

    assert left(6) == ["b.json", "fail.json", "gaps.json", "load.json", "wait.json"]
    assert left(9) == ["b.json", "fail.json", "gaps.json", "load.json"]
    assert left(364) == ["b.json", "fail.json", "gaps.json", "load.json"] and Look.objects.count() == 1
    assert left(367) == ["b.json", "gaps.json", "load.json"] and Look.objects.count() == 0
    assert left(1_900) == ["b.json", "gaps.json"]
    assert not [line for line in journal.differences() if line.startswith("lines.")]
