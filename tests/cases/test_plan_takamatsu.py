"""Plan and verify on Takamatsu's open data: the gap, the money, and help for islands and hills."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from daremo.cases.assume import defaults
from daremo.cases.gap import gap
from daremo.cases.plan import plan
from daremo.cases.verify import verify
from daremo.region.model import Region


@pytest.fixture(scope="module")
def takamatsu(shared_data: Path) -> Region:
    from daremo.region.build import build

    if not (shared_data / "takamatsu").is_dir():
        pytest.skip(f"no data of Takamatsu in {shared_data}")
    return build([shared_data / "takamatsu"]).region


@pytest.fixture(scope="module")
def planned(takamatsu: Region) -> Any:
    """A plan of Takamatsu by budget and fairness, each made once."""

    @cache
    def made(budget_yen: int, fair: float) -> dict[str, Any]:
        a = defaults()
        seen = gap(takamatsu, a, draws=50)
        return plan(takamatsu, seen, a, budget_yen=budget_yen, fair=fair, time_limit_s=15).as_dict()

    return made


@pytest.mark.parametrize("budget_yen", [6_000_000, 12_000_000])
def test_takamatsu_gets_a_plan_with_a_small_proved_gap(takamatsu: Region, planned: Any, budget_yen: int):
    p = planned(budget_yen, 0.0)
    assert p["cost_yen"] <= budget_yen
    assert p["gap_share"] <= 0.005
    assert p["gap_share_sited"] <= 0.015
    broken = [c for c in verify(p, takamatsu).checks if not c.ok]
    assert not broken, broken


def test_with_fairness_islands_and_shionoe_are_helped(takamatsu: Region, planned: Any):
    p = planned(12_000_000, 0.5)
    helped = {x["name"]: x["helped"] for x in p["communities"]}
    for place in ("男木", "女木", "塩江"):
        assert any(place in name and people > 0 for name, people in helped.items()), (place, helped)
    broken = [c for c in verify(p, takamatsu).checks if not c.ok]
    assert not broken, broken
