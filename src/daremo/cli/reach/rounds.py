"""``daremo reach rounds``: mobile desks on their way round the places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.plan import Yen
from daremo.cli.reach import options
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.cli.reach.given import Given
    from daremo.reach.read.tables import PointTable
    from daremo.reach.rounds import RoundsAnswer


@click.command(epilog=example("daremo reach rounds town --need 75+ --depot a001 --days 4 --visits 1 --json"))
@click.argument("stops", type=click.Path(path_type=Path))
@click.option("--need", default="", metavar="COLUMN|AGE", help="Column that counts people, or an age such as 75+.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out rows with errors instead of refusing the file.")
@click.option(
    "--depot", metavar="ID", help="Stop where vehicles begin and end their day; else the one with most people."
)
@click.option("--vehicles", default=1, show_default=True, type=click.IntRange(1), help="Vehicles.")
@click.option("--days", default=20, show_default=True, type=click.IntRange(1), help="Working days of the period.")
@click.option(
    "--visits", default=1, show_default=True, type=click.IntRange(1), help="Visits to each stop in the period."
)
@click.option("--service-min", default=120, show_default=True, type=click.IntRange(1), help="Minutes of one visit.")
@click.option(
    "--reached",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of a stop's people whom one visit reaches.",
)
@click.option(
    "--km-h", default=30.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Speed on the road."
)
@click.option("--detour", default=1.3, show_default=True, type=click.FloatRange(1), help="Way over straight line.")
@click.option("--duty-min", default=480, show_default=True, type=click.IntRange(1), help="Duty a day, breaks included.")
@click.option("--drive-min", default=360, show_default=True, type=click.IntRange(0), help="Driving a day.")
@click.option("--day-yen", type=Yen(), default=0, show_default=True, help="Cost of a day out.")
@click.option("--km-yen", type=Yen(), default=0, show_default=True, help="Cost of a kilometre.")
@options.budget
@click.option(
    "--time-limit", type=click.FloatRange(0, min_open=True), help="Seconds; then the best so far, with its bound."
)
@click.option("--seed", default=1, show_default=True, help="Stated in the answer.")
@options.writing
@verb
def rounds(
    voice: Voice,
    stops: Path,
    need: str,
    skip_bad_rows: bool,
    depot: str | None,
    vehicles: int,
    days: int,
    visits: int,
    service_min: int,
    reached: float,
    km_h: float,
    detour: float,
    duty_min: int,
    drive_min: int,
    day_yen: int,
    km_yen: int,
    budget_yen: int | None,
    time_limit: float | None,
    seed: int,
    out: Path | None,
    force: bool,
) -> int:
    """Send mobile desks round STOPS (a table of points, or a region): on which days, by which way, at what time.

    `value` is people reached in the period. Working time: a break of 45 minutes after four hours, --duty-min and
    --drive-min a day. Large questions need the extra [rounds].
    """
    from daremo.cli.folder import refuse_foreign
    from daremo.cli.reach.answered import MISSED, REACHED, Served, Telling, give
    from daremo.cli.reach.given import Given, read_demand
    from daremo.cli.reach.kept import Proof
    from daremo.cli.reach.searching import searching
    from daremo.reach.rounds import Stop, Vehicle, rounds_question
    from daremo.reach.rounds import rounds as solve
    from daremo.reach.travel.pairs import pairs_of

    if out is not None:
        refuse_foreign(out, force=force)
    points = read_demand(stops, need, good_rows=skip_bad_rows)
    home = _depot(points, depot)
    km = _km(points) * detour
    fleet = [
        Vehicle(
            name=f"{voice('車', 'vehicle ')}{v + 1}", depot=home, days=days, duty_min=duty_min, drive_min=drive_min,
            day_yen=float(day_yen), km_yen=float(km_yen),
        )
        for v in range(vehicles)
    ]  # fmt: skip
    halts = [
        Stop(
            name=points.names[i], node=i, service_min=service_min, visits=visits, people=float(points.need[i]) * reached
        )
        for i in range(points.n)
    ]
    question = rounds_question(
        fleet, halts, km / km_h * 60, km, budget_yen=np.inf if budget_yen is None else budget_yen
    )
    with searching(voice, time_limit) as watch:
        found = solve(question, watch=watch, seed=seed)
    seen = np.array(found.visits) > 0
    index = np.arange(points.n)
    near = pairs_of(index, index, np.zeros(points.n), points.n, points.n)
    asked = {
        "vehicles": vehicles,
        "days": days,
        "visits": visits,
        "service_min": service_min,
        "depot": points.ids[home],
    }
    given = Given(points, points, near, float("inf"), asked)
    who = Served(
        np.where(seen, index, -1), np.where(seen, 0.0, np.inf), np.where(seen, REACHED, MISSED).astype(np.int64)
    )
    own = found.as_dict()
    fields = {k: own[k] for k in ("cost_yen", "cost_bound_yen", "visits", "rounds")}
    fields |= {k: own[k] for k in ("bound_certified", "bound_from", "cost_bound_certified_yen")}
    fields["unserved"] = [{**u, "stop": points.ids[u["stop"]]} for u in own["unserved"]]
    headline = voice(
        f"{len(found.rounds):,}回の巡回で{len(found.open):,}か所を回り、のべ{found.value:,.0f}人に届きます（{found.cost_yen:,.0f}円）。",
        f"{len(found.rounds):,} days out visit {len(found.open):,} stops and reach {found.value:,.0f} people (¥{found.cost_yen:,.0f}).",
    )
    telling = Telling(
        "rounds", voice("巡回を決める", "Plan the rounds"), headline, voice("届く人（のべ）", "people reached"), fields,
        {voice("回数", "visits"): [str(found.visits[s]) for s in found.open]},
        routes=_lines(points, found, home), kinds=["round"] * len(found.open),
    )  # fmt: skip
    give(voice, given, found, who, telling, out, Proof("rounds", {"question": question}), force=force)
    _timetable(voice, given, found)
    return DONE


def _depot(points: PointTable, name: str | None) -> int:
    if name is None:
        return int(np.argmax(points.need))
    if name not in points.ids:
        some = "・".join(points.ids[:5])
        raise UsageError(
            "unknown-place",
            f"「{name}」という地点がありません",
            f"コードを書いてください（たとえば {some}）",
            "--depot",
        )
    return points.ids.index(name)


def _km(points: PointTable) -> NDArray[np.float64]:
    """Straight lines between all points, shape (points, points), km; NaN where a point has no coordinates."""
    from daremo.reach.travel.sphere import haversine_km

    if points.planar:
        return np.hypot(
            np.subtract.outer(points.longitude, points.longitude), np.subtract.outer(points.latitude, points.latitude)
        )
    return haversine_km(points.latitude, points.longitude, points.latitude, points.longitude)


def _lines(points: PointTable, found: RoundsAnswer, home: int) -> list[tuple[tuple[float, float], ...]]:
    """Each day's way, once where days are alike."""
    ways = {(home, *(h.stop for h in r.halts if h.kind == "stop"), home) for r in found.rounds}
    return [tuple((float(points.latitude[i]), float(points.longitude[i])) for i in way) for way in sorted(ways)]


def _timetable(voice: Voice, given: Given, found: RoundsAnswer) -> None:
    """The first days for a person; answer.json has all."""
    from daremo.cli.reach.answered import SHOWN

    for r in found.rounds[:SHOWN]:
        way = " → ".join(
            f"{h.begin_min // 60:02d}:{h.begin_min % 60:02d} {given.demand.names[h.stop]}"
            for h in r.halts
            if h.kind == "stop"
        )
        voice.say(
            voice(f"{r.day + 1}日め 車{r.vehicle + 1}: {way}", f"day {r.day + 1}, vehicle {r.vehicle + 1}: {way}")
        )
