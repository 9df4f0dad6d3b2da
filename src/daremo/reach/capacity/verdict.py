"""Whether an answer keeps what was asked: conditions, capacities, shares and sums, recomputed from the question."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Problem, TrustError
from daremo.reach.capacity.certificate import Facts, proved_bound
from daremo.reach.capacity.proof import Proof
from daremo.reach.capacity.served import Served
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Shares, loads and sums may differ by this share of themselves: rounding of linear programmes.
NEAR = 1e-6


def wrong(message: str) -> Problem:
    """One thing that is not as it should be."""
    return Problem("answer-does-not-hold", message, "計算をやり直してください")


def conditions_kept(opened: tuple[int, ...], n: int, most_places: int, c: Conditions) -> list[Problem]:
    """Number, must, never, organisations, groups and distances of the open places."""
    found: list[Problem] = []
    if any(not 0 <= p < n for p in opened) or list(opened) != sorted(set(opened)):
        return [wrong("開く施設の番号が正しくありません")]
    if len(opened) > most_places:
        found.append(wrong("開く施設の数が多すぎます"))
    if not set(c.must) <= set(opened) or set(c.never) & set(opened):
        found.append(wrong("必ず開く施設、または開かない施設の条件を守っていません"))
    if c.organisation_p is not None and c.most_per_organisation is not None:
        owners = np.asarray(c.organisation_p)[list(opened)]
        _, counts = np.unique(owners[owners >= 0], return_counts=True)
        if counts.max(initial=0) > c.most_per_organisation:
            found.append(wrong("一つの組織の施設が多すぎます"))
    if c.quota_p is not None and c.least_per_quota > 0:
        groups = np.asarray(c.quota_p)
        for group in np.unique(groups[groups >= 0]):
            if (groups[list(opened)] == group).sum() < c.least_per_quota:
                found.append(wrong(f"グループ {group} の施設が足りません"))
    if any(a in opened and b in opened for a, b in np.asarray(c.apart).reshape(-1, 2).tolist() if a != b):
        found.append(wrong("近すぎる施設が両方開いています"))
    return found


def trips_kept(
    served: Served,
    pairs: Pairs,
    need_d: Float,
    room_p: Float,
    opened: tuple[int, ...],
    *,
    split: bool,
    all_served: bool,
) -> tuple[list[Problem], Int]:
    """Trips exist, go to open places, serve nobody twice and fill no place beyond its room; and each trip's row, index."""
    n = pairs.n_places
    key = pairs.demand().astype(np.int64) * n + pairs.place
    mine = served.demand * n + served.place
    row = np.searchsorted(key, mine)
    exists = (row < key.size) & (key[np.minimum(row, max(key.size - 1, 0))] == mine) if key.size else mine < 0
    if not exists.all() or np.unique(mine).size != mine.size:
        return [wrong("ない道のり、または二度数えた道のりがあります")], np.zeros(0, np.int64)
    found: list[Problem] = []
    if (served.share <= 0).any() or (served.share > 1 + NEAR).any() or not np.isfinite(served.share).all():
        found.append(wrong("受け持つ割合が正しくありません"))
    total = np.bincount(served.demand, served.share, pairs.n_demand)
    reached = np.diff(pairs.start) > 0
    if (total > 1 + NEAR).any() or (all_served and (total[reached] < 1 - NEAR).any()):
        found.append(wrong("受け持たれていない人、または二度数えられた人がいます"))
    if not split and (served.share != 1).any():
        found.append(wrong("分けてはいけない地点が分かれています"))
    if not np.isin(served.place, opened).all():
        found.append(wrong("開いていない施設に人が割り当てられています"))
    load = np.bincount(served.place, need_d[served.demand] * served.share, n)
    if (load > room_p * (1 + NEAR) + NEAR * 1e-3).any():
        found.append(wrong("定員をこえている施設があります"))
    return found, row


def same(told: float, found: float) -> bool:
    """Whether two sums agree but for rounding."""
    return math.isclose(told, found, rel_tol=1e-9, abs_tol=1e-9)


def bound_kept(told: float, sense: str, facts: Callable[[], Facts], proof: Proof) -> list[Problem]:
    """Whether the proof shows the bound that the answer tells."""
    try:
        proved = proved_bound(facts(), proof) / proof.cost_scale
    except TrustError as error:
        return [wrong(str(error.args[0]))]
    proved = -proved if sense == "max" else proved
    beyond = told - proved if sense == "min" else proved - told
    return [wrong("証明された限界より良い限界が書かれています")] if beyond > 1e-12 * abs(proved) else []
