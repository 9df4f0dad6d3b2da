"""The inbox of advisories: duties in order, each with owner, date and state; exercises and what came of them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from daremo.kernel.errors import Conflict, DaremoError
from daremo.trust.exposure.sample import sample_files
from tests.web.bookings.town import START, Town
from tests.web.staff.world import World

pytestmark = pytest.mark.django_db
TOLD = sample_files()
ASSETS = [(n.removeprefix("assets/"), t.encode()) for n, t in TOLD.items() if n.startswith("assets/")]
ADVISORIES = [(n.removeprefix("advisories/"), t.encode()) for n, t in TOLD.items() if n.startswith("advisories/")]
SERVICES = TOLD["services.csv"].lstrip("\ufeff")
PEOPLE = {"all": 92_000.0, "75-84": 9000.0, "school": 9000.0, "working": 50_000.0}
DAY = START.date()


def taken(town: Town, days: int = 0, advisories: Any = ADVISORIES, people: Any = PEOPLE) -> Any:
    from daremo.web.apps.guard import duties

    return duties.take_advisories(town.act(hours=24 * days), town.city, advisories, people)


def stocked(town: Town, days: int = 0, **more: Any) -> Any:
    from daremo.web.apps.guard import duties

    return duties.take_inventory(
        town.act(hours=24 * days), town.city, more.get("files", ASSETS), more.get("table", SERVICES)
    )


def test_duties_are_those_of_the_engine_in_its_order_with_its_dates(town: Town) -> None:
    from daremo.trust.exposure.graph import read_graph
    from daremo.trust.exposure.survey import read_all_advisories, read_all_assets, survey
    from daremo.web.apps.guard.models import Duty
    from daremo.web.apps.journal import services as journal

    stocked(town)
    found = taken(town)
    listed, exploited, _ = read_all_advisories(ADVISORIES)
    graph = read_graph(SERVICES.encode(), "s", {**dict.fromkeys(("youth", "65-74", "85+"), 0.0), **PEOPLE})
    engine = survey(read_all_assets(ASSETS), listed, exploited, graph, 92_000.0).tasks
    rows = list(Duty.objects.order_by("-score", "organisation_id", "asset", "pk"))
    assert found.new == len(engine) == len(rows) > 3 and found.advisories == len(listed)
    assert sorted((r.asset, r.score, (r.due - DAY).days, r.possible) for r in rows) == sorted(
        (t.asset, t.score, t.days, t.state == "possible") for t in engine
    )
    assert all(
        set(t.advisories) <= set(next(r for r in rows if r.asset == t.asset and r.score == t.score).ids) for t in engine
    )
    assert journal.differences() == []


def test_the_same_files_again_find_the_same_duties_and_keep_owner_and_state(town: Town) -> None:
    from daremo.web.apps.guard import duties
    from daremo.web.apps.guard.models import Duty

    stocked(town)
    first = taken(town)
    row = Duty.objects.order_by("-score")[0]
    duties.settle(town.act(), row, owner=None, due=DAY + timedelta(days=3), state="accepted", why="網を分けてある")
    again = taken(town, days=5)
    assert (again.new, again.again) == (0, first.new)
    row.refresh_from_db()
    assert (row.state, row.why, row.due) == ("accepted", "網を分けてある", DAY + timedelta(days=3))
    assert row.seen == DAY + timedelta(days=5) and row.found == DAY


def test_another_publisher_s_name_for_the_same_weakness_makes_no_second_duty(town: Town) -> None:
    from daremo.web.apps.guard.models import Duty

    stocked(town)
    taken(town)
    before = Duty.objects.count()
    name, text = next((n, t) for n, t in ADVISORIES if n.startswith("sample-2026-0001"))
    told = json.loads(text)
    told["id"] = "OTHER-1"
    assert taken(town, advisories=[(name, json.dumps(told).encode())]).new == 0 and Duty.objects.count() == before


def test_what_was_done_comes_back_only_with_an_inventory_taken_later(town: Town) -> None:
    from daremo.web.apps.guard import duties
    from daremo.web.apps.guard.models import Duty

    stocked(town)
    taken(town)
    row = Duty.objects.order_by("-score")[0]
    duties.settle(town.act(hours=24), row, owner=None, due=row.due, state="done")
    assert taken(town, days=2).reopened == 0
    stocked(town, days=3)
    assert taken(town, days=4).reopened == 1
    row.refresh_from_db()
    assert (row.state, row.closed) == ("open", None) and row.due > DAY + timedelta(days=4)


def test_a_weakness_is_accepted_only_with_a_reason_and_only_from_the_state_that_was_seen(town: Town) -> None:
    from daremo.web.apps.guard import duties
    from daremo.web.apps.guard.models import Duty

    stocked(town)
    taken(town)
    row = Duty.objects.all()[0]
    with pytest.raises(DaremoError, match="accept-why"):
        duties.settle(town.act(), row, owner=None, due=row.due, state="accepted", why=" ")
    duties.settle(town.act(), row, owner=None, due=row.due, state="done")
    with pytest.raises(Conflict):
        duties.settle(town.act(), row, owner=None, due=row.due, state="open", was="open")


def test_what_an_organisation_runs_stays_out_of_the_journal(town: Town) -> None:
    from daremo.web.apps.journal.models import Event

    stocked(town)
    told = json.dumps(Event.objects.get(kind="inventory.taken").data, ensure_ascii=False)
    assert "water-plc" not in told and "みほん電機" not in told


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b"{"),
        ("a.json", b'{"a": ' + b"[" * 100_000),
        ("a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("a.csv", b"what,is\nthis,now"),
        ("a.zip", b"PK\x03\x04broken"),
    ],
)
def test_a_bad_inventory_is_refused_whole_and_nothing_is_kept(town: Town, name: str, data: bytes) -> None:
    from daremo.web.apps.guard.models import Inventory

    with pytest.raises(DaremoError):
        stocked(town, files=[*ASSETS, (name, data)])
    with pytest.raises(DaremoError):
        stocked(town, table="node,kind\nx,mountain\n")
    assert not Inventory.objects.exists()


def test_a_bad_advisory_is_told_and_the_others_count_and_none_at_all_is_refused(town: Town) -> None:
    with pytest.raises(DaremoError, match="no-inventory"):
        taken(town)
    stocked(town)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", bytes(300_000_000))
    found = taken(town, advisories=[*ADVISORIES, ("bomb.zip", bomb.getvalue()), ("bad.json", b"[1]")])
    assert found.new > 3 and len(found.problems) == 2
    with pytest.raises(DaremoError, match="advisories-unused"):
        taken(town, advisories=[("bad.json", b"[1]")])


def test_old_records_go_and_the_newest_inventory_and_open_duties_stay(town: Town) -> None:
    from daremo.web.apps.guard import duties
    from daremo.web.apps.guard.models import Duty, Inventory

    stocked(town)
    newest = stocked(town, days=1)
    taken(town, days=1)
    row = Duty.objects.all()[0]
    duties.settle(town.act(hours=30), row, owner=None, due=row.due, state="done")
    left = Duty.objects.count() - 1
    assert duties.keep_time(town.act(), DAY + timedelta(days=365 * 6)) == 2
    assert list(Inventory.objects.all()) == [newest] and Duty.objects.filter(state="open").count() == left


def test_an_exercise_is_the_engine_s_and_its_record_keeps_who_repairs_what(town: Town) -> None:
    from daremo.web.apps.guard import duties
    from daremo.web.apps.journal.models import Event

    with pytest.raises(DaremoError, match="exposure-no-services"):
        duties.exercise_for(town.city)
    stocked(town)
    taken(town)
    made = duties.exercise_for(town.city, PEOPLE)
    assert any("SAMPLE" in i.text[0] for i in made.injects)
    rows = [
        {
            "inject": "1",
            "minutes": "5",
            "decision": "知らせた",
            "met": "yes",
            "gap": "名簿がない",
            "owner": "",
            "due": "",
        }
    ]
    row = duties.hold(town.act(), town.city, made, rows, DAY)
    assert row.told["met"] == row.told["in_time"] == 1 and row.told["without_owner"] == [1]
    assert "名簿" not in json.dumps(Event.objects.get(kind="drill.held").data, ensure_ascii=False)
    with pytest.raises(DaremoError, match="exposure-after"):
        duties.hold(town.act(), town.city, made, [{**rows[0], "inject": "99"}], DAY)


def files_of(files: Any) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, data) for name, data in files]


def test_the_page_takes_files_and_an_owner_and_the_officer_is_reminded(world: World) -> None:
    from daremo.web.apps.guard.models import Duty

    client = world.client("city")
    assert "ファイルを選んでください" in client.post("/guard/weak/", {}).content.decode()
    assert (
        "資産の一覧がありません" in client.post("/guard/weak/", {"advisories": files_of(ADVISORIES)}).content.decode()
    )
    table = SimpleUploadedFile("services.csv", SERVICES.encode("cp932"))
    page = client.post(
        "/guard/weak/",
        {"assets": files_of(ASSETS), "advisories": files_of(ADVISORIES), "services": table},
        follow=True,
    ).content.decode()
    assert "mail-gate" in page and "もう悪用されている" in page and "読みました" in page
    row = Duty.objects.get(asset="mail-gate")
    assert row.due <= world.now.date() + timedelta(days=7)
    todo = client.get(reverse("figures:loop")).content.decode().split('id="todo"')[1].split("</section")[0]
    assert "機械の弱いところが" in todo, todo
    owner = world.own.members["manager"].user
    sent = {"state": "open", "was": "open", "owner": str(owner.pk), "due": "2026-12-20", "why": ""}
    client.post(f"/guard/weak/{row.pk}/", sent)
    row.refresh_from_db()
    assert (row.owner, row.due) == (owner, date(2026, 12, 20))
    assert "見本 manager" in client.get("/guard/weak/").content.decode()
    page = client.post(f"/guard/weak/{row.pk}/", {**sent, "state": "accepted"}).content.decode()
    assert "受け入れるわけを書いてください" in page and "エラー：" in page
    stranger = world.other.members["manager"].user
    assert "エラー：" in client.post(f"/guard/weak/{row.pk}/", {**sent, "owner": str(stranger.pk)}).content.decode()
    client.post(f"/guard/weak/{row.pk}/", {**sent, "state": "done"})
    page = client.post(f"/guard/weak/{row.pk}/", sent).content.decode()
    assert "ほかの人が先に変えました" in page
    assert "mail-gate" not in client.get("/guard/weak/").content.decode().split("<form")[0]
    assert "mail-gate" in client.get("/guard/weak/?show=all").content.decode()


def test_another_organisation_sees_nothing_and_the_auditor_changes_nothing(world: World) -> None:
    from daremo.web.apps.guard import duties
    from daremo.web.apps.guard.models import Duty
    from daremo.web.apps.journal.act import of_the_system

    act, other = of_the_system(world.now), world.other["places.organisation"]
    duties.take_inventory(act, other, ASSETS, SERVICES)
    duties.take_advisories(act, other, ADVISORIES, PEOPLE)
    row = Duty.objects.all()[0]
    client = world.client("manager")
    assert client.get(f"/guard/weak/{row.pk}/").status_code == 404
    assert row.asset not in client.get("/guard/weak/").content.decode()
    assert "机上演習" in client.get("/guard/exercise/").content.decode()
    auditor = world.client("auditor")
    assert auditor.get(f"/guard/weak/{row.pk}/").status_code == 200
    assert auditor.post(f"/guard/weak/{row.pk}/", {}).status_code == 403


def test_the_page_of_the_exercise_takes_the_record(world: World) -> None:
    from daremo.web.apps.guard import duties
    from daremo.web.apps.guard.models import Drill
    from daremo.web.apps.journal.act import of_the_system

    client = world.client("manager")
    duties.take_inventory(of_the_system(world.now), world.own["places.organisation"], ASSETS, SERVICES)
    assert client.get("/guard/exercise/?scenario=999999").status_code == 200
    sent = {"held": "2026-12-01", "scenario": "1", "met_1": "yes", "minutes_1": "５分", "decision_1": "切りはなした"}
    sent |= {"met_2": "no", "gap_2": "紙の手順がない", "owner_2": "総務係", "due_2": "2027-01-31"}
    page = client.post("/guard/exercise/", sent, follow=True).content.decode()
    told = Drill.objects.get().told
    assert (told["observed"], told["met"], told["decisions"][0]["minutes"]) == (2, 1, 5)
    assert told["decisions"][1]["due"] == "2027-01-31" and "紙の手順がない" in page and "総務係" in page
    assert "数で書いてください" in client.post("/guard/exercise/", {**sent, "minutes_1": "soon"}).content.decode()
