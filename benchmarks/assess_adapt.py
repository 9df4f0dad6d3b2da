"""Adaptive checks: questions, honest errors tenth by tenth, choices a second; a single capacity and two peers beside.

    python benchmarks/assess_adapt.py            # ours, three made-up banks of 250 and one of 350; a single capacity
    python benchmarks/assess_adapt.py --peers    # catsim and adaptivetesting too, one area, where they are installed

All seconds are CPU seconds of one thread; compilation is outside. catsim is under the GPL and is no requirement of
anything here: install it into an environment of its own and put this repository's ``src`` on PYTHONPATH.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

AREAS = ("1", "2", "3", "4", "5")


def row(name: str, engine: str, remark: str) -> None:
    """Print one line of the table."""
    print(f"{name:<46} {engine:<16} {remark}", flush=True)


def ours() -> None:
    """Length, exposure, choices a second, and true over told error in tenths of people."""
    from daremo.assess.adapt import Rules, simulate
    from daremo.assess.bank import abilities, bank_of, made_up_items

    own = abilities(AREAS, rho=0.75)
    for items, seed in ((250, 7), (250, 1), (250, 31), (350, 7)):
        bank = bank_of(made_up_items(items, AREAS, seed=seed), own)
        for name, rules, report in (
            ("SE .4", Rules(), 0.0),
            ("SE .4, self-report", Rules(), 0.65),
            ("SE .4, no exposure limit, no easy start", Rules(easy=0, exposure=1.0), 0.0),
            ("SE .5, self-report", Rules(se=0.5, least=1, least_per_area=0, easy=1), 0.65),
        ):
            t = simulate(bank, own, rules, 4_000, self_report=report).as_dict()
            row(
                f"{name} ({items} items, bank {seed})",
                "daremo",
                f"{t['items_mean']:.1f} questions, nine in ten {t['items_p90']:.0f}; hottest {100 * t['highest_exposure']:.0f} %; "
                f"{t['decisions_per_second']:,.0f} choices/s; true {t['true_error']:.3f} told {t['reported_se']:.3f}",
            )
            if items == 250 and seed == 7 and name == "SE .4":
                big = simulate(bank, own, rules, 20_000, seed=9).as_dict()
                for by in ("estimate", "level", "truth"):
                    told = " ".join(f"{d['ratio']:.2f}" for d in big[f"deciles_by_{by}"])
                    row(f"  true / told, tenths by {by}", "daremo", told)


def single(people: int = 300) -> None:
    """A test of one capacity with 32 items beside five areas with as many (the tests' re-specification)."""
    from daremo.assess.adapt import Rules, simulate
    from daremo.assess.bank import abilities, bank_of, made_up_items

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.assess.test_adapt_fresh import one_capacity

    own, items = abilities(AREAS, rho=0.75), made_up_items(250, AREAS, seed=44)
    rng = np.random.default_rng(8)
    theta = np.sqrt(0.75) * rng.normal(size=(people, 1)) + 0.5 * rng.normal(size=(people, 5))
    capacity, claimed = one_capacity(items, theta, 9)
    five = simulate(bank_of(items, own), own, Rules(se=0.0, most=32), people, theta=theta, seed=9)
    for name, engine, wrong, told in (
        ("32 items, as a profile", "one capacity", capacity[:, None] - theta, claimed),
        ("32 items, as one level", "one capacity", capacity - theta.mean(1), claimed),
        ("32 items, as a profile", "daremo", five.estimate - theta, five.error),
        ("32 items, as one level", "daremo", five.estimate.mean(1) - theta.mean(1), None),
    ):
        said = f", told {np.sqrt((told**2).mean()):.3f}" if told is not None else ""
        row(name, engine, f"true error {np.sqrt((wrong**2).mean()):.3f}{said}")


def one_area_bank(seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and difficulties of 250 items of one area."""
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(0.545, 0.3, 250)), rng.normal(-0.3, 1.2, 250)


def peers() -> None:
    """One area to SE .4 with 250 items: choices a second of catsim and adaptivetesting beside ours."""
    a, b = one_area_bank()
    if importlib.util.find_spec("daremo") and importlib.util.find_spec("numba"):
        from daremo.assess.adapt import Rules, simulate
        from daremo.assess.bank import abilities, bank_of

        own = abilities(("1",), rho=0.0)
        items: list[dict[str, Any]] = [
            {"item": f"q{j}", "area": "1", "a": x, "d": -x * y} for j, (x, y) in enumerate(zip(a, b, strict=True))
        ]
        t = simulate(bank_of(items, own), own, Rules(easy=0, exposure=1.0), 20_000).as_dict()
        row(
            "one area, SE .4",
            "daremo",
            f"{t['decisions_per_second']:,.0f} choices/s, {t['items_mean']:.1f} questions, error {t['true_error']:.3f}",
        )
    for name, work in (("catsim", _catsim), ("adaptivetesting", _adaptivetesting)):
        if importlib.util.find_spec(name) is None:
            row("one area, SE .4", name, "not installed (see the head of this file)")
            continue
        row("one area, SE .4", name, work(a, b))


def _catsim(a: np.ndarray, b: np.ndarray, people: int = 300) -> str:
    def of(part: str) -> Any:
        return importlib.import_module(f"catsim.{part}")

    bank = of("item_bank").ItemBank(np.c_[a, b, np.zeros(250), np.ones(250)])
    theta = np.random.default_rng(5).normal(size=people)
    s = of("simulation").Simulator(
        bank, theta, of("initialization").FixedPointInitializer(0), of("selection").MaxInfoSelector(),
        of("estimation").NumericalSearchEstimator(), of("stopping").MinErrorStopper(0.4, max_items=40),
    )  # fmt: skip
    begun = time.process_time()
    s.simulate()
    used = time.process_time() - begun
    asked = sum(len(x) for x in s.administered_items)
    wrong = np.array([x[-1] for x in s.estimations]) - theta
    return f"{asked / used:,.0f} choices/s, {asked / people:.1f} questions, error {np.sqrt((wrong**2).mean()):.3f}"


def _adaptivetesting(a: np.ndarray, b: np.ndarray, people: int = 8) -> str:
    def of(part: str) -> Any:
        return importlib.import_module(f"adaptivetesting.{part}")

    rng = np.random.default_rng(5)
    theta, asked, wrong, used = rng.normal(size=people), 0, [], 0.0
    for person in range(people):
        made = []
        for j in range(250):
            one = of("models").TestItem()
            one.id, one.a, one.b, one.c, one.d = j, float(a[j]), float(b[j]), 0.0, 1.0
            made.append(one)
        test = of("implementations").TestAssembler(
            item_pool=of("models").ItemPool(made), simulation_id="x", participant_id=str(person), ability_estimator=of("math.estimators").BayesModal,
            estimator_args={"prior": of("math.estimators").NormalPrior(0, 1), "optimization_interval": (-10, 10)}, true_ability_level=float(theta[person]),
            initial_ability_level=0.0, simulation=True,
        )  # fmt: skip
        begun = time.process_time()
        while test.standard_error > 0.4 or not test.test_results:
            test.run_test_once()
            asked += 1
            if asked > 40 * (person + 1):
                break
        used += time.process_time() - begun
        wrong.append(test.ability_level - theta[person])
    return (
        f"{asked / used:,.0f} choices/s, {asked / people:.1f} questions, error {np.sqrt(np.mean(np.square(wrong))):.3f}"
    )


def main(arguments: list[str]) -> None:
    """Run all rows, or the peers only."""
    if "--peers" in arguments:
        peers()
        return
    ours()
    single()


if __name__ == "__main__":
    main(sys.argv[1:])
