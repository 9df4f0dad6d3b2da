"""Bit-parallel disasters: 64 scenarios a machine word, drawn, spread and counted without leaving the cache.

Every word of 64 scenarios has a stream of its own (SplitMix64), so that any of them can be drawn again alone.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from daremo.network.fail_kernel import Words, spread
from daremo.network.model import Floats, Ints

FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
KM = 111.19508023353291


class Ground(NamedTuple):
    """What there is to break: arcs, links with their ends in degrees, members of groups."""

    tail: Ints
    head: Ints
    link: Ints
    lon: Floats
    lat: Floats
    link_tail: Ints
    link_head: Ints
    group_start: Ints
    group_member: Ints


class Blow(NamedTuple):
    """A hazard: fixed chances (nodes, links, groups in one row), or a roaming disc with the components near each cell.

    ``member`` of a group and ``near`` count nodes first, then links.
    """

    chance: Floats
    outage: Floats
    box: Floats
    radius: Floats
    share: Floats
    near_start: Ints
    near: Ints
    grid: int


@njit(cache=True, nogil=True)
def following(state: Words) -> Any:
    """Next 64 random bits of SplitMix64 (Steele, Lea, Flood 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def uniform(state: Words) -> float:
    """A number in [0, 1) of 53 bits."""
    return float(following(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def coins(p: float, state: Words) -> Any:
    """64 coins that fall 1 with chance `p`, to 2^-32: p's binary digits from the last to the first, or on 1, and on 0."""
    if p <= 0.0:
        return np.uint64(0)
    if p >= 1.0:
        return FULL
    digits = np.int64(math.floor(p * 4294967296.0 + 0.5))
    out = np.uint64(0)
    for i in range(32):
        bit = (digits >> np.int64(i)) & np.int64(1)
        if bit == 0 and out == 0:
            continue
        r = following(state)
        out = (out | r) if bit else (out & r)
    return FULL if digits >= 4294967296 else out


@njit(cache=True, nogil=True)
def draw(seed: np.uint64, word: int, blow: Blow, ground: Ground, node_up: Words, link_up: Words, state: Words) -> None:
    """64 scenarios of one hazard: which nodes and links live."""
    n, m = node_up.size, link_up.size
    state[0] = seed + np.uint64(word) * np.uint64(0xD1342543DE82EF95)
    state[0] = following(state)
    for i in range(n):
        node_up[i] = ~coins(blow.outage[i], state)
    for e in range(m):
        link_up[e] = ~coins(blow.outage[n + e], state)
    if blow.grid == 0:
        for i in range(n):
            if blow.chance[i] > 0.0:
                node_up[i] &= ~coins(blow.chance[i], state)
        for e in range(m):
            if blow.chance[n + e] > 0.0:
                link_up[e] &= ~coins(blow.chance[n + e], state)
        for g in range(ground.group_start.size - 1):
            if blow.chance[n + m + g] > 0.0:
                live = ~coins(blow.chance[n + m + g], state)
                for j in range(ground.group_start[g], ground.group_start[g + 1]):
                    c = ground.group_member[j]
                    if c < n:
                        node_up[c] &= live
                    else:
                        link_up[c - n] &= live
        return
    west, south, east, north = blow.box
    low, high = math.sin(math.radians(south)), math.sin(math.radians(north))
    stretch = math.log(blow.radius[1] / blow.radius[0])
    for s in range(64):
        bit = np.uint64(1) << np.uint64(s)
        x = uniform(state)
        lon = west + x * (east - west)
        lat = math.degrees(math.asin(low + uniform(state) * (high - low)))
        radius = blow.radius[0] * math.exp(stretch * uniform(state)) if stretch > 0.0 else blow.radius[0]
        r2 = radius * radius
        across = KM * math.cos(math.radians(lat))
        column = min(int(x * blow.grid), blow.grid - 1)
        row = min(max(int((lat - south) / max(north - south, 1e-12) * blow.grid), 0), blow.grid - 1)
        cell = row * blow.grid + column
        for j in range(blow.near_start[cell], blow.near_start[cell + 1]):
            c = blow.near[j]
            if c < n:
                dx, dy = (ground.lon[c] - lon) * across, (ground.lat[c] - lat) * KM
                if dx * dx + dy * dy <= r2 and uniform(state) < blow.share[0]:
                    node_up[c] &= ~bit
                continue
            a, b = ground.link_tail[c - n], ground.link_head[c - n]
            ax, ay = (ground.lon[a] - lon) * across, (ground.lat[a] - lat) * KM
            vx, vy = (ground.lon[b] - ground.lon[a]) * across, (ground.lat[b] - ground.lat[a]) * KM
            long2 = vx * vx + vy * vy
            t = -(ax * vx + ay * vy) / long2 if long2 > 0.0 else 0.0
            t = min(1.0, max(0.0, t))
            dx, dy = ax + t * vx, ay + t * vy
            if dx * dx + dy * dy <= r2 and uniform(state) < blow.share[1]:
                link_up[c - n] &= ~bit


@njit(cache=True, nogil=True)
def ones(x: Any) -> Any:
    """How many bits are set."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def simulate(
    seed: np.uint64, first: int, words: int, blow: Blow, ground: Ground, seed_start: Ints, seed_node: Ints,
    home_start: Ints, home: Ints, cut: Ints,
) -> None:  # fmt: skip
    """Count, by set of seeds and by area, the scenarios in which no home of the area is reached; adds to ``cut``."""
    n, m = ground.lon.size, ground.link_tail.size
    node_up, link_up = np.empty(n, np.uint64), np.empty(m, np.uint64)
    reached, state = np.empty(n, np.uint64), np.empty(1, np.uint64)
    for w in range(first, first + words):
        draw(seed, w, blow, ground, node_up, link_up, state)
        for k in range(seed_start.size - 1):
            reached[:] = np.uint64(0)
            for j in range(seed_start[k], seed_start[k + 1]):
                reached[seed_node[j]] = node_up[seed_node[j]]
            spread(reached, node_up, link_up, ground.tail, ground.head, ground.link)
            for d in range(home_start.size - 1):
                got = np.uint64(0)
                for j in range(home_start[d], home_start[d + 1]):
                    got |= reached[home[j]]
                if got != FULL:
                    cut[k, d] += 64 - ones(got)


@njit(cache=True, nogil=True)
def relief(
    seed: np.uint64, words: int, blow: Blow, ground: Ground, seeds: Ints, home_start: Ints, home: Ints, people: Floats,
    saved: Floats,
) -> None:  # fmt: skip
    """People connected more, summed over scenarios, were a component (nodes, then links) unbreakable; adds to ``saved``."""
    n, m = ground.lon.size, ground.link_tail.size
    node_up, link_up = np.empty(n, np.uint64), np.empty(m, np.uint64)
    reached, again, state = np.empty(n, np.uint64), np.empty(n, np.uint64), np.empty(1, np.uint64)
    for w in range(words):
        draw(seed, w, blow, ground, node_up, link_up, state)
        reached[:] = np.uint64(0)
        for s in seeds:
            reached[s] = node_up[s]
        spread(reached, node_up, link_up, ground.tail, ground.head, ground.link)
        for c in range(n + m):
            old = node_up[c] if c < n else link_up[c - n]
            if old == FULL:
                continue
            if c < n:
                node_up[c] = FULL
            else:
                link_up[c - n] = FULL
            # what was reached stays reached: only the new spreads, also from and into the node that lives again
            again[:] = reached
            for s in seeds:
                again[s] |= node_up[s]
            spread(again, node_up, link_up, ground.tail, ground.head, ground.link)
            for d in range(home_start.size - 1):
                before, now = np.uint64(0), np.uint64(0)
                for j in range(home_start[d], home_start[d + 1]):
                    before |= reached[home[j]]
                    now |= again[home[j]]
                if now != before:
                    saved[c] += people[d] * ones(now & ~before)
            if c < n:
                node_up[c] = old
            else:
                link_up[c - n] = old
