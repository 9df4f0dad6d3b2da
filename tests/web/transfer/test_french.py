"""The French national schema: 8,361 real places in and out, and validated by another program."""

from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("DAREMO_SHARED", "/work/shared"))
PLACES = SHARED / "data/places_fr/places_schema_v1.csv.gz"
needs_places = pytest.mark.skipif(
    not PLACES.is_file(), reason="real French places are not here (shared/data/places_fr)"
)

LISTS = {
    "services": "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Insertion professionnelle "
    "via le numérique|Utilisation sécurisée du numérique|Parentalité et éducation avec le numérique|Loisirs et créations "
    "numériques|Compréhension du monde numérique|Accès internet et matériel informatique|Acquisition de matériel "
    "informatique à prix solidaire",
    "itinerance": "Itinérant|Fixe",
    "frais_a_charge": "Gratuit|Gratuit sous condition|Payant",
    "publics_specifiquement_adresses": "Jeunes|Étudiants|Familles et/ou enfants|Seniors|Femmes",
    "modalites_accompagnement": "En autonomie|Accompagnement individuel|Dans un atelier collectif|À distance",
}
HEAD = (
    "id,pivot,nom,commune,code_postal,code_insee,adresse,complement_adresse,latitude,longitude,typologie,telephone,"
    "courriels,site_web,horaires,presentation_resume,presentation_detail,source,itinerance,structure_parente,date_maj,"
    "services,publics_specifiquement_adresses,prise_en_charge_specifique,frais_a_charge,dispositif_programmes_nationaux,"
    "formations_labels,autres_formations_labels,modalites_acces,modalites_accompagnement,fiche_acces_libre,prise_rdv"
)


def _schema() -> dict[str, Any]:
    """The published documentation of the schema as a Table Schema, written for these tests."""
    patterns = {
        "pivot": r"^[a-zA-Z0-9]{9,14}$",
        "code_postal": r"^\d{5}$",
        "code_insee": r"^([013-9]\d|2[AB1-9])\d{3}$",
        "telephone": r"^(\+33|\+590|\+594|\+262|\+596|\+269|\+687|\+689|\+508|\+681)(\d){6,9}$",
        **{name: rf"^({allowed})(\|({allowed}))*$" for name, allowed in LISTS.items()},
    }
    required = {"id", "pivot", "nom", "commune", "code_postal", "adresse", "date_maj"}
    kinds = {"latitude": "number", "longitude": "number", "date_maj": "date"}
    fields = []
    for name in HEAD.split(","):
        rules: dict[str, Any] = {"required": True} if name in required else {}
        if name in patterns:
            rules["pattern"] = patterns[name]
        fields.append({"name": name, "type": kinds.get(name, "string"), "constraints": rules})
    return {"fields": fields, "primaryKey": ["id"]}


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def _points() -> list[Any]:
    from daremo.web.apps.places.models import SupportPoint

    return list(SupportPoint.objects.exclude(source="").select_related("area").order_by("source_id"))


def _row(**more: str) -> bytes:
    row = {
        "id": "x-1",
        "pivot": "77556026100015",
        "nom": "Médiathèque",
        "commune": "Foix",
        "code_postal": "09000",
        "adresse": "1 rue Haute",
        "date_maj": "2024-05-01",
        **more,
    }
    out = io.StringIO()
    writer = csv.DictWriter(out, HEAD.split(","))
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue().encode()


def _import(town: Any, data: bytes, name: str = "lieux.csv") -> Any:
    from daremo.web.apps.transfer import services as transfer

    return transfer.apply(town.act(), transfer.preview(town.act(), town.city, name, data))


@needs_places
def test_all_french_places_come_in_and_go_out_letter_by_letter(town: Any, tmp_path: Path) -> None:
    from daremo.web.apps.places.hours import parsed
    from daremo.web.apps.transfer import french
    from daremo.web.apps.transfer import services as transfer

    data = gzip.decompress(PLACES.read_bytes())
    kept = transfer.preview(town.act(), town.city, "places.csv", data)
    assert (kept.added, kept.changed, kept.rejected) == (8361, 0, 0)
    transfer.apply(town.act(), kept)
    points = _points()
    out, problems = french.write(points)
    before, after = _rows(data), _rows(out)
    assert problems == []
    assert {row["id"]: row for row in before} == {row["id"]: row for row in after}

    # every row's hours can be read, or stand among the problems of the import
    told = {problem["row"] for problem in kept.problems if problem["code"] == "hours-unread"}
    unread = [p for p in points if p.extra["lieux"]["horaires"] and not p.opening_hours]
    assert len(told) == len(unread) > 0
    assert all(parsed(p.opening_hours) is not None for p in points if p.opening_hours)
    assert sum(1 for p in points if p.opening_hours) + len(unread) == sum(1 for row in before if row["horaires"])

    frictionless = pytest.importorskip("frictionless")
    path = tmp_path / "out.csv"
    path.write_bytes(out)
    report = frictionless.Resource(
        path=path.name, basepath=str(tmp_path), schema=frictionless.Schema.from_descriptor(_schema())
    ).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])[:5]

    # the same file again changes nothing, and taken back nothing is left
    again = transfer.preview(town.act(), town.city, "places.csv", data)
    assert (again.added, again.changed) == (0, 0)
    transfer.undo(town.act(), kept)
    assert _points() == []


def test_a_changed_field_goes_out_changed_and_all_others_as_they_came(town: Any) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.transfer import french

    _import(town, _row(horaires="Mo-Fr 09:00-12:00", typologie="BIB", courriels="a@example.org", latitude="42.960", longitude="1.6"))  # fmt: skip
    [point] = _points()
    places.change_point(town.act(), point, opening_hours="Mo-Sa 09:00-12:00", name="Médiathèque de Foix")
    [row] = _rows(french.write([point])[0])
    assert (row["nom"], row["horaires"]) == ("Médiathèque de Foix", "Mo-Sa 09:00-12:00")
    assert (row["typologie"], row["courriels"], row["latitude"]) == ("BIB", "a@example.org", "42.960")


def test_hours_that_cannot_be_read_are_reported_and_kept_for_the_way_out(town: Any) -> None:
    from daremo.web.apps.transfer import french

    kept = _import(town, _row(horaires="We 08:00"))
    [problem] = kept.problems
    assert (problem["code"], problem["row"], problem["value"]) == ("hours-unread", 2, "We 08:00")
    [point] = _points()
    assert point.opening_hours == ""
    assert _rows(french.write([point])[0])[0]["horaires"] == "We 08:00"


def test_a_row_without_what_the_schema_requires_is_left_out_and_told(town: Any) -> None:
    kept = _import(town, _row(nom=" "))
    assert (kept.added, kept.rejected) == (0, 1)
    assert kept.problems[0]["column"] == "nom"


def test_a_japanese_point_does_not_go_out_in_a_schema_that_refuses_it(town: Any) -> None:
    from daremo.web.apps.transfer import french

    out, problems = french.write([town.point])
    assert _rows(out) == []
    assert problems[0].column.split("、")[:2] == ["commune", "code_postal"]


def test_services_become_topics_and_topics_services(town: Any) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.transfer import french
    from daremo.web.vocabulary import topics

    for mine in french.topics_of_services().values():
        assert set(mine) <= topics().keys()
    _import(town, _row(services="Aide aux démarches administratives"))
    [point] = _points()
    assert "proc" in point.topics and "call" not in point.topics
    places.change_point(town.act(), point, topics=["safe"])
    assert _rows(french.write([point])[0])[0]["services"] == "Utilisation sécurisée du numérique"
