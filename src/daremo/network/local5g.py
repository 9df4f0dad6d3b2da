"""A local 5G network over the terrain: coverage by ITU-R P.1812, choice of sites, channels, and what is left after interference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Infeasible, OutOfTime, UsageError
from daremo.kernel.results import Progress, silent
from daremo.network.channels import ChannelPlan, fewest_channels, fewest_conflicts
from daremo.network.radio.budget import needed_dbm, noise_dbm
from daremo.network.radio.coverage import Coverage, Site, check_sites, coverage
from daremo.network.radio.kernel import SEA
from daremo.network.radio.p1812 import ANTENNA_M, Service
from daremo.network.radio.raster import Raster
from daremo.network.radio.siting import Placement, fewest_sites, most_covered

Floats = NDArray[np.float64]
#: Neighbouring channels are kept from a pair of sites where more than this share of either's cells would lose the rate.
NEXT_HARM_SHARE = 0.02
#: What a receiver takes from the channel next to its own (dB below it).
NEXT_CHANNEL_DB = 30.0


@dataclass(frozen=True, slots=True)
class Radio:
    """What a device must get, and with what.

    Attributes
    ----------
    rate_mbps : float, Mbit/s
    bandwidth_mhz, band_mhz : float, MHz
        Of a channel and of the whole band.
    receiver_m, gain_dbi : float, m above ground and dBi
    noise_figure_db, shannon_share, least_sinr_db : float
        See `radio.budget`.
    """

    rate_mbps: float = 30.0
    bandwidth_mhz: float = 20.0
    band_mhz: float = 100.0
    receiver_m: float = 1.5
    gain_dbi: float = 0.0
    noise_figure_db: float = 7.0
    shannon_share: float = 0.6
    least_sinr_db: float = -6.0

    @property
    def channels(self) -> int:
        """Channels that fit into the band."""
        return int(self.band_mhz / self.bandwidth_mhz + 1e-9)

    @property
    def needed_dbm(self) -> float:
        """Least received power (dBm) without interference."""
        return needed_dbm(
            self.rate_mbps, self.bandwidth_mhz, self.noise_figure_db, self.shannon_share, self.least_sinr_db
        )

    @property
    def noise_dbm(self) -> float:
        """Noise power of the receiver (dBm)."""
        return noise_dbm(self.bandwidth_mhz, self.noise_figure_db)


@dataclass(frozen=True, slots=True)
class Local5G:
    """A planned network.

    Attributes
    ----------
    coverage : Coverage
        Of all candidates.
    weight : ndarray, shape (rows, columns)
        What counts in each cell: people, devices, or 1.
    placement : Placement
        Demands are the cells with weight, row after row.
    channels : ChannelPlan
        Of the chosen sites in the order of ``placement.open``.
    apart : ndarray of int64, shape (open, open), channels
    server : ndarray of int64, shape (rows, columns), index
        Site (of all candidates) that serves a cell; -1 = the rate is not reached without interference.
    sinr_db : ndarray, shape (rows, columns), dB
        With interference of the chosen sites; NaN where nobody serves.
    served : ndarray of bool, shape (rows, columns)
        Whether the rate is reached with interference.
    """

    coverage: Coverage
    radio: Radio
    weight: Floats
    placement: Placement
    channels: ChannelPlan
    apart: NDArray[np.int64]
    server: NDArray[np.int64]
    sinr_db: Floats
    served: NDArray[np.bool_]

    def as_dict(self) -> dict[str, Any]:
        """The documented form of ``daremo network local5g --json``."""
        p, whole = self.placement, float(self.weight.sum())
        sites = []
        for k, i in enumerate(p.open):
            s = self.coverage.sites[i]
            mine = self.server == i
            sites.append(
                {
                    "name": s.name, "x": s.x, "y": s.y, "antenna_m": s.antenna_m, "eirp_dbm": s.eirp_dbm,
                    "cost_yen": s.cost_yen, "channel": self.channels.channel_n[k], "weight": float(self.weight[mine].sum()),
                    "served_weight": float(self.weight[mine & self.served].sum()),
                }
            )  # fmt: skip
        told = self.channels.as_dict()
        return {
            "goal": p.goal, "value": p.value, "bound": p.bound, "gap_share": p.gap_share, "cost_yen": p.cost_yen,
            "weight": whole, "coverable_share": p.coverable / whole if whole else 0.0,
            "covered_share": p.weight / whole if whole else 0.0,
            "served_share": float(self.weight[self.served].sum()) / whole if whole else 0.0,
            "needed_dbm": self.radio.needed_dbm, "rate_mbps": self.radio.rate_mbps, "paths": self.coverage.paths,
            "candidates": len(self.coverage.sites), "sites": sites,
            "channels": {
                "in_band": self.radio.channels, "value": told["value"], "bound": told["bound"],
                "gap_share": told["gap_share"],
                "broken": [[sites[a]["name"], sites[b]["name"]] for a, b in self.channels.broken],
            },
        }  # fmt: skip


def plan_local5g(
    terrain: Raster, candidates: Sequence[Site], service: Service, radio: Radio, *, share: float | None = None,
    p: int | None = None, budget_yen: float | None = None, weight: Floats | None = None, max_km: float = 5.0,
    seed: int = 1, progress: Progress = silent,
) -> Local5G:  # fmt: skip
    """Plan a network: cheapest for a share of what can be covered, or most for a number of sites or a budget.

    Parameters
    ----------
    candidates : sequence of Site
    share : float, share of the weight that can be covered at all
    p : int
    budget_yen : float, yen
    weight : ndarray, shape (rows, columns), people or devices; 1 a cell of land where not given
    max_km : float, km
        Beyond it a site is taken to be unheard, also as a disturber.

    Raises
    ------
    UsageError
        Where not exactly one of share, p and budget is given, or the weight does not fit.
    InputError
        Where sites cannot be.
    Infeasible
        Where no site reaches any cell that counts.
    """
    if sum(v is not None for v in (share, p, budget_yen)) != 1:
        raise UsageError(
            "no-money", "割合・数・予算の、どれか一つを決めてください", "share、p、budget_yen のどれかです", "share"
        )
    if radio.channels < 1:
        raise UsageError(
            "bad-band", "帯域が1チャネルより狭いです", "帯域を広げるか、チャネルの幅を狭めてください", "band_mhz"
        )
    counts = np.where(terrain.zone == SEA, 0.0, 1.0) if weight is None else np.asarray(weight, np.float64)
    if counts.shape != terrain.shape or not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise UsageError(
            "bad-shape", "重みの升目が地形と合わないか、負です", "地形と同じ行数・列数にしてください", "weight"
        )
    check_sites(terrain, candidates, radio.receiver_m)
    found = coverage(terrain, candidates, service, receiver_m=radio.receiver_m, max_km=max_km, progress=progress)
    power = found.received_dbm(radio.gain_dbi)
    cells = counts > 0
    with np.errstate(invalid="ignore"):
        covers = power[:, cells] >= radio.needed_dbm
    if not covers.any():
        raise Infeasible(
            "nothing-covered", "どの候補からも、求める速さで届く場所がありません",
            "出力か高さを上げるか、求める速さを下げるか、候補を足してください",
        )  # fmt: skip
    cost = np.array([s.cost_yen for s in candidates])
    if share is not None:
        placed = fewest_sites(covers, counts[cells], cost, share=share)
    elif p is not None:
        placed = most_covered(covers, counts[cells], cost, p=p)
    else:
        placed = most_covered(covers, counts[cells], cost, budget_yen=budget_yen)
    apart, harm = distances(power[list(placed.open)], counts, radio)
    plan = _channels(apart, harm, radio, seed)
    server, sinr = _heard(power, placed, plan, radio)
    wanted = radio.needed_dbm - radio.noise_dbm
    with np.errstate(invalid="ignore"):
        served = sinr >= wanted - 1e-9
    return Local5G(found, radio, counts, placed, plan, apart, server, sinr, served)


def distances(power_sk: NDArray[np.float32], weight: Floats, radio: Radio) -> tuple[NDArray[np.int64], Floats]:
    """Least channel distance of each pair of sites (0, 1, 2), and the weight that one channel for both would harm.

    Two sites need different channels where any cell that counts would lose the rate.

    Parameters
    ----------
    power_sk : ndarray, shape (sites, rows, columns), dBm
    weight : ndarray, shape (rows, columns)

    Returns
    -------
    apart : ndarray of int64, shape (sites, sites), channels
    harm : ndarray, shape (sites, sites), as weight
    """
    n = power_sk.shape[0]
    apart, harm = np.zeros((n, n), np.int64), np.zeros((n, n))
    known = np.where(np.isnan(power_sk), -np.inf, power_sk.astype(np.float64))
    if n == 0:
        return apart, harm
    best = known.argmax(axis=0)
    wanted_db = radio.needed_dbm - radio.noise_dbm
    noise_mw = 10 ** (radio.noise_dbm / 10)
    for i in range(n):
        mine = (best == i) & (known[i] >= radio.needed_dbm) & (weight > 0)
        whole = float(weight[mine].sum())
        if whole == 0:
            continue
        carrier = known[i][mine]
        for j in range(n):
            if i == j:
                continue
            for steps, less_db in ((1, 0.0), (2, NEXT_CHANNEL_DB)):
                sinr = carrier - 10 * np.log10(10 ** ((known[j][mine] - less_db) / 10) + noise_mw)
                lost = float(weight[mine][sinr < wanted_db - 1e-9].sum())
                if lost > (NEXT_HARM_SHARE * whole if steps == 2 else 0.0):
                    apart[i, j] = apart[j, i] = max(apart[i, j], steps)
                if steps == 1:
                    harm[i, j] += lost
                    harm[j, i] += lost
    return apart, harm


def _channels(apart: NDArray[np.int64], harm: Floats, radio: Radio, seed: int) -> ChannelPlan:
    """Fewest channels where the band is wide enough, else the least weight harmed."""
    try:
        return fewest_channels(apart, most=radio.channels, seed=seed)
    except (Infeasible, OutOfTime):
        return fewest_conflicts(apart, radio.channels, harm, seed=seed)


def _heard(
    power: NDArray[np.float32], placed: Placement, plan: ChannelPlan, radio: Radio
) -> tuple[NDArray[np.int64], Floats]:
    """Who serves each cell, and with what signal over noise and the other sites on the same or the next channel."""
    rows, columns = power.shape[1:]
    open_ = np.array(placed.open, np.int64)
    if not open_.size:
        return np.full((rows, columns), -1, np.int64), np.full((rows, columns), np.nan)
    known = np.where(np.isnan(power[open_]), -np.inf, power[open_].astype(np.float64))
    best = known.argmax(axis=0)
    carrier = np.take_along_axis(known, best[None], axis=0)[0]
    channel = np.array(plan.channel_n, np.int64)
    other = np.full((rows, columns), 10 ** (radio.noise_dbm / 10))
    for j in range(open_.size):
        away = np.abs(channel[best] - channel[j])
        less = np.select([away == 0, away == 1], [0.0, NEXT_CHANNEL_DB], np.inf)
        other += np.where(best == j, 0.0, 10 ** ((known[j] - less) / 10))
    enough = carrier >= radio.needed_dbm
    sinr = np.where(enough, carrier - 10 * np.log10(other), np.nan)
    return np.where(enough, open_[best], -1), sinr


def candidate_grid(
    terrain: Raster, spacing_km: float, antenna_m: float, eirp_dbm: float, cost_yen: float = 1.0, *, most: int = 400
) -> list[Site]:
    """Candidates on a grid: the highest land of each square, which sees farthest; at most `most`.

    Raises
    ------
    UsageError
        Where the spacing is not positive or gives too many candidates.
    """
    x_km, y_km = terrain.cell_km
    if not ANTENNA_M[0] <= antenna_m <= ANTENNA_M[1]:
        fix = "アンテナの地上高を 1～3000 m にしてください"
        raise UsageError("outside-p1812", f"アンテナの高さ {antenna_m:g} m は使えません", fix, "antenna_m")
    if not spacing_km > 0:
        raise UsageError("bad-spacing", f"間隔 {spacing_km:g} km は使えません", "0より大きくしてください", "spacing_km")
    rows, columns = terrain.shape
    step_r, step_c = max(1, round(spacing_km / y_km)), max(1, round(spacing_km / x_km))
    count = math.ceil(rows / step_r) * math.ceil(columns / step_c)
    if count > most:
        fix = f"間隔を {spacing_km * math.sqrt(count / most) * 1.05:.2g} km 以上にしてください"
        raise UsageError("bad-spacing", f"候補が{count:,}か所になります（{most:,}まで）", fix, "spacing_km")
    xs, ys = terrain.centres()
    out: list[Site] = []
    for r in range(0, rows, step_r):
        for c in range(0, columns, step_c):
            part = np.where(terrain.zone == SEA, -np.inf, terrain.height_m)[r : r + step_r, c : c + step_c]
            if np.isfinite(part).any():
                # on flat land the middle of the square
                flat = part.max() - part[np.isfinite(part)].min() < 1e-9
                a, b = (s // 2 for s in part.shape) if flat else np.unravel_index(int(part.argmax()), part.shape)
                if np.isfinite(part[a, b]):
                    x, y = float(xs[c + int(b)]), float(ys[r + int(a)])
                    out.append(Site(f"c{len(out) + 1:03}", x, y, antenna_m, eirp_dbm, cost_yen))
    return out


def warm() -> None:
    """Have the kernels compiled, so that what is measured afterwards is the work alone."""
    from daremo.network.radio.raster import raster

    land = raster(np.zeros((6, 6)), 0.0, 0.0, 200.0, degrees=False)
    near = [Site("a", 300.0, 300.0, 10.0, 40.0), Site("b", 900.0, 900.0, 10.0, 40.0)]
    plan_local5g(land, near, Service(4.8), Radio(), p=2)
    fewest_conflicts(np.array([[0, 1], [1, 0]]), 1, cp_sat=False)
