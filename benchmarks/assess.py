"""Calibration, DIF and adaptive checks: CPU seconds of one thread, peers beside where they are installed (extra ``bench``).

    python benchmarks/assess.py                # ours; girth and PyPI mirt on the small set where installed
    python benchmarks/assess.py --peers-large  # PyPI mirt on the large set too (minutes)
    python benchmarks/assess.py --million      # 1,000,000 people × 40 answers
    python benchmarks/assess.py --chunks       # only: a Parquet file in memory and chunk by chunk, each in a process of its own
    python benchmarks/assess.py --areas        # only: five areas at once, and small areas

Compilation is outside every timing: each question is first run once on a few people.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from daremo.assess.adapt import Rules, simulate
from daremo.assess.areas import small_areas
from daremo.assess.bank import abilities, bank_of, made_up_items
from daremo.assess.calibrate import calibrate, warm
from daremo.assess.dif import dif
from daremo.assess.model import Answers, answers_of_rows
from daremo.assess.read import read_answers
from daremo.assess.second_order import calibrate_areas
from daremo.assess.source import open_source
from daremo.assess.stream import calibrate_stream

AREAS = ("1", "2", "3", "4", "5")


def made(people: int, items: int, each: int, seed: int, groups: int = 1, areas: int = 1) -> Answers:
    """2PL answers of `people` to `each` of `items`, drawn at random; slopes LN(.1, .35), difficulties N(0, 1.1).

    Items are of `areas` in turn, whose abilities correlate by .75.
    """
    rng = np.random.default_rng(seed)
    a, b, t = np.exp(rng.normal(0.1, 0.35, items)), rng.normal(0, 1.1, items), rng.normal(size=people)
    rows = []
    for k in range(0, people, 10_000):
        n = min(10_000, people - k)
        rows.append(np.sort(np.argsort(rng.random((n, items)), axis=1)[:, :each], axis=1).astype(np.int32))
    item = np.concatenate(rows).ravel()
    who = np.repeat(np.arange(people), each)
    able = t[who]
    if areas > 1:
        own = rng.normal(size=(people, areas))
        able = np.sqrt(0.75) * able + 0.5 * own[who, item % areas]
    right = rng.random(item.size) < 1 / (1 + np.exp(-a[item] * (able - b[item])))
    start = np.arange(people + 1, dtype=np.int64) * each
    group = rng.integers(0, groups, people)
    names = tuple(f"g{k}" for k in range(groups))
    return answers_of_rows(start, item, right.astype(np.int32), np.full(items, 2), group=group, groups=names)


def dense(a: Answers) -> np.ndarray:
    """The same answers as a table with −1 for none."""
    x = np.full((a.n_persons, len(a.items)), -1)
    x[np.repeat(np.arange(a.n_persons), np.diff(a.start)), a.item] = a.category
    return x


def row(name: str, engine: str, cpu: float, ll: float | str, remark: str = "") -> None:
    """Print one line of the table."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = f"{ll:,.2f}" if isinstance(ll, float) else ll
    print(f"{name:<34} {engine:<12} {cpu:>9.3f} {peak:>8,.0f} {told:>16}  {remark}", flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds and result."""
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def peers(name: str, a: Answers, *, girth: bool) -> None:
    """PyPI mirt with 61 nodes, and girth, where they are installed."""
    x = dense(a)
    if importlib.util.find_spec("mirt"):
        import mirt  # type: ignore[import-not-found]

        cpu, fit = timed(lambda: mirt.fit_mirt(x, "2PL", n_quadpts=61, compute_standard_errors=False))
        row(name, "mirt 1.2", cpu, float(fit.log_likelihood))
    if girth and importlib.util.find_spec("girth"):
        import girth as g  # type: ignore[import-not-found]

        data = g.tag_missing_data(x.T, [0, 1])
        row(name, "girth", timed(lambda: g.twopl_mml(data))[0], "—")


def checks() -> None:
    """Adaptive checks over banks of 250 and 500 items."""
    own = abilities(AREAS, rho=0.75)
    for items in (250, 500):
        bank = bank_of(made_up_items(items, AREAS), own)
        for name, rules, report in (
            ("check, SE .4", Rules(), 0.0),
            ("check, SE .4, no exposure limit", Rules(easy=0, exposure=1.0), 0.0),
            ("screening, SE .5, self-report", Rules(se=0.5, least=1, least_per_area=0, easy=1), 0.65),
        ):
            t = simulate(bank, own, rules, 5_000, self_report=report).as_dict()
            told = f"{t['items_mean']:.1f} of {items} items, {t['decisions_per_second']:,.0f} decisions/s"
            lowest = t["deciles_by_level"][0]["ratio"]
            row(name, "daremo", t["cpu_seconds"], "—", f"{told}, lowest tenth true / told {lowest:.2f}")


def written(path: Path, people: int, items: int) -> None:
    """A wide Parquet file, four answers in five there."""
    a = made(people, items, items * 4 // 5, 5)
    columns: dict[str, pl.Series] = {}
    x = dense(a).astype(np.int8)
    for j in range(items):
        columns[f"q{j + 1}"] = pl.Series(x[:, j]).set(pl.Series(x[:, j] < 0), None)
    pl.DataFrame(columns).write_parquet(path, row_group_size=50_000)


def from_file(path: Path, chunk: int, errors: str) -> None:
    """One row: the file calibrated in memory (chunk 0) or chunk by chunk, reading included."""
    calibrate_stream(open_source(path.with_name("few.parquet"), chunk=100), "2pl", errors=errors)
    warm(made(5_000, 700, 650, 1), "2pl")
    if chunk:
        cpu, fit = timed(lambda: calibrate_stream(open_source(path, chunk=chunk), "2pl", errors=errors))
    else:
        cpu, fit = timed(lambda: calibrate(read_answers(path), "2pl", errors=errors))
    how = f"{chunk:,} people at a time" if chunk else "in memory"
    row("100,000 x 160 of 200 from Parquet", "daremo", cpu, fit.log_likelihood, f"{how}, errors {errors}")


def chunks() -> None:
    """Each row in a process of its own, so that its peak is its own."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.parquet"
        jobs: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
            (written, (path.with_name("few.parquet"), 300, 20)),
            # in a process of its own too: a child's peak begins with what its parent holds
            (written, (path, 100_000, 200)),
            *((from_file, (path, chunk, "block")) for chunk in (0, 50_000, 10_000)),
        ]
        for work, given in jobs:
            one = spawn.Process(target=work, args=given)
            one.start()
            one.join()


def areas() -> None:
    """Five areas under a general ability; shares of residents by area and life stage."""
    a = made(20_000, 500, 100, 6, areas=5)
    of = {name: AREAS[j % 5] for j, name in enumerate(a.items)}
    calibrate_areas(
        made(60, 20, 15, 1), {f"item{j + 1}": AREAS[j % 5] for j in range(20)}, "2pl", most=1, nodes=9, general=5
    )
    cpu, fit = timed(lambda: calibrate_areas(a, of, "2pl"))
    row("five areas, 20,000 x 100 of 500", "daremo", cpu, fit.log_likelihood, f"converged {fit.converged}, with errors")
    rng = np.random.default_rng(7)
    for places, n in ((47, 20_000), (1_700, 100_000)):
        mean = np.linspace(0.5, -1, 4) + rng.normal(0, 0.3, (places, 1))
        people = rng.integers(50, 2_000, mean.shape).astype(float)
        area, stage = rng.integers(0, places, n), rng.integers(0, 4, n)
        theta = (mean[area, stage] + 0.85 * rng.normal(size=n)) * 0.8
        cpu, found = timed(
            lambda t=theta, d=area, g=stage, p=people: small_areas(t, np.full(t.size, 0.45), d, g, p, -0.5)
        )
        width = float(np.mean(found.high_d - found.low_d))
        row(f"small areas, {places} x 4, {n:,} people", "daremo", cpu, "—", f"mean width of 90 % intervals {width:.3f}")


def main(arguments: list[str]) -> None:
    """Run all questions."""
    print(f"{'question':<34} {'engine':<12} {'CPU s':>9} {'peak MB':>8} {'log-likelihood':>16}")
    if "--chunks" in arguments or "--areas" in arguments:
        if "--chunks" in arguments:
            chunks()
        if "--areas" in arguments:
            areas()
        return
    small, large = made(10_000, 100, 20, 1), made(100_000, 500, 100, 2)
    for name, a in (("10,000 x 100, 20 %", small), ("100,000 x 500, 20 %", large)):
        warm(a, "2pl")
        for errors in ("none", "block"):
            cpu, fit = timed(lambda a=a, e=errors: calibrate(a, "2pl", errors=e))
            row(
                name,
                "daremo",
                cpu,
                fit.log_likelihood,
                f"errors {errors}, {fit.iterations} passes, converged {fit.converged}",
            )
        if a is small or "--peers-large" in arguments:
            peers(name, a, girth=a is small)
    if "--million" in arguments:
        a = made(1_000_000, 500, 40, 3)
        for errors in ("none", "block"):
            cpu, fit = timed(lambda a=a, e=errors: calibrate(a, "2pl", errors=e))
            told = f"errors {errors}, {fit.iterations} passes, {fit.nodes} nodes (peak: of making the answers)"
            row("1,000,000 x 40 of 500", "daremo", cpu, fit.log_likelihood, told)
    twelve = made(100_000, 500, 100, 4, groups=12)
    dif(made(2_000, 20, 20, 1, groups=3))
    cpu, found = timed(lambda: dif(twelve))
    row("DIF 500 items x 12 groups", "daremo", cpu, "—", f"{int(found.flagged.sum())} flagged (none planted)")
    checks()


if __name__ == "__main__":
    main(sys.argv[1:])
