"""data·inclusion v1, checked by its own package."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

TODAY = date(2024, 5, 1)


def _write(points: list[Any], offers: dict[int, list[Any]] | None = None) -> dict[str, Any]:
    from daremo.web.apps.transfer import inclusion

    out, problems = inclusion.write(points, offers or {}, TODAY)
    assert problems == []
    return json.loads(out)  # type: ignore[no-any-return]


def test_points_and_offers_pass_the_schemas_own_program(town: Any) -> None:
    schema = pytest.importorskip("data_inclusion.schema.v1")
    from daremo.web.apps.places import services as places

    point = places.add_point(
        town.act(),
        town.city,
        "中央公民館",
        lat=34.3,
        lon=134.0,
        postcode="760-0001",
        phone="000-100-1000",
        url="https://example.jp/",
        opening_hours="Mo-Fr 09:00-17:00; PH off",
        verified_on=TODAY,
    )
    told = _write([town.point, point], {point.pk: [town.offer, town.new_offer(topics=["safe", "proc"])]})
    for row in told["structures"]:
        schema.Structure.model_validate(row)
    for row in told["services"]:
        schema.Service.model_validate(row)
    assert len(told["structures"]) == len(told["services"]) == 2
    assert told["services"][1]["thematiques"] == [
        "numerique--maitriser-les-fondamentaux-du-numerique",
        "numerique--acceder-a-des-services-en-ligne",
    ]


def test_structures_and_services_come_back_as_they_went(town: Any) -> None:
    from daremo.web.apps.places import services as places
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.transfer import services as transfer

    told = {
        "structures": [
            {
                "source": "dora",
                "id": "dora--1",
                "nom": "Centre social",
                "date_maj": "2024-02-03",
                "siret": "13003013300016",
                "adresse": "1 rue Haute",
                "commune": "Foix",
                "code_postal": "09000",
                "latitude": 42.96,
                "longitude": 1.6,
                "horaires_accueil": "Mo-Fr 08:30-12:30; PH off",
                "reseaux_porteurs": ["ccas-cias"],
            },
            {"source": "dora", "id": "dora--2", "nom": "Sans lieu", "date_maj": "2024-02-03"},
        ],
        "services": [
            {
                "source": "dora",
                "structure_id": "dora--1",
                "id": "dora--s1",
                "nom": "Atelier",
                "description": "Un atelier",
                "date_maj": "2024-02-03",
                "thematiques": ["numerique--acquerir-un-equipement"],
            }
        ],
    }
    kept = transfer.preview(town.act(), town.city, "di.json", json.dumps(told).encode())
    transfer.apply(town.act(), kept)
    points = list(SupportPoint.objects.filter(source="inclusion:dora").order_by("source_id"))
    assert [p.name for p in points] == ["Centre social", "Sans lieu"]
    assert points[0].topics == ["buy"] and points[1].lat is None
    assert _write(points) == told
    places.change_point(town.act(), points[0], phone="+33123456789", opening_hours="")
    changed = _write(points)["structures"][0]
    assert changed["telephone"] == "+33123456789" and changed["siret"] == "13003013300016"


@pytest.mark.parametrize("data", [b"{", b'{"structures": 3}', b'"x"', b"[1, 2]", b'{"services": []}'])
def test_what_is_not_of_this_form_is_refused_or_left_out(town: Any, data: bytes) -> None:
    from daremo.kernel.errors import UsageError
    from daremo.web.apps.transfer import services as transfer

    if data == b"[1, 2]":
        assert transfer.preview(town.act(), town.city, "di.json", data).rejected == 2
        return
    with pytest.raises(UsageError):
        transfer.preview(town.act(), town.city, "di.json", data)
