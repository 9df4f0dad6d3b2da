"""Where to open, with a proof: the siting inside a plan beside SCIP on the same question.

One siting question of the sample town (city-wide actions already chosen, ¥150 a resident), the same to both; the
branch-and-bound with prices of `reach.site`, and SCIP on a mixed-integer programme with a binary for every unit and
option. SCIP is spared a rule: it may send people where it likes, so its figure may be above what people
would do. Both stop at the same gap or at the limit. CPU seconds, one process, one thread.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from daremo.cases.assume import defaults
from daremo.cases.gap import gap
from daremo.cases.plan import quick_layout
from daremo.cases.plan_model import ground, question
from daremo.reach.sited.site import site
from daremo.region.sample import sample_town
from tests.against.siting_milp import programme

GAP_SHARE, LIMIT_S, YEN_A_RESIDENT = 0.01, 20.0, 150
TOWNS = (8_000, 60_000)


def one(people: int) -> None:
    """Solve one town's question both ways and print."""
    a, town = defaults(), sample_town(people=people)
    g = ground(town, a)
    s = question(g, a, gap(town, a, draws=20).types_dgB, (), people * YEN_A_RESIDENT).siting
    print(f"  {people:,} people: {s.n_units} units of people x {s.n_options} options, {s.budget_yen:,.0f} yen")

    begun = time.process_time()
    start, rough = quick_layout(s, passes=2)
    mine = site(s, tolerance=GAP_SHARE * rough, starts=[start], stop=lambda: time.process_time() - begun > LIMIT_S)
    spent = time.process_time() - begun
    share = (mine.bound - mine.layout.value) / mine.layout.value
    print(f"    daremo {spent:8.2f} s   {mine.layout.value:9.3f} freed, at most {mine.bound:9.3f}: gap {share:8.2%}")

    begun = time.process_time()
    model, _ = programme(s, gap_share=GAP_SHARE, time_limit_s=LIMIT_S, free_choice=True)
    model.optimize()
    peer = time.process_time() - begun
    value, bound = (model.getObjVal() if model.getNSols() else 0.0), model.getDualbound()
    if value <= 0 or bound >= model.infinity():
        print(f"    SCIP   {peer:8.2f} s   nothing proved within {LIMIT_S:.0f} s")
    else:
        gap_share = (bound - value) / value
        print(f"    SCIP   {peer:8.2f} s   {value:9.3f} freed, at most {bound:9.3f}: gap {gap_share:8.2%}")
        print(f"    gap SCIP / daremo {gap_share / max(share, 1e-6):.1f}")
    print(f"    seconds SCIP / daremo {peer / spent:.1f}")


def main() -> None:
    """Run and print."""
    print(f"open points, series and rounds for a budget; both stop at a gap of {GAP_SHARE:.0%} or {LIMIT_S:.0f} s")
    for people in TOWNS:
        one(people)


if __name__ == "__main__":
    main()
