"""Services of residents and what they rest on: nodes with needs written as ``a & (b | c)``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.trust.exposure.assets import NO, YES, rows_of_csv
from daremo.trust.problems import words

KINDS = ("service", "system", "supplier", "utility", "component")
HEADINGS = {
    "node": ("節点", "node"), "kind": ("区分", "kind"), "ja": ("名前", "name", "ja"), "en": ("英語名", "en"),
    "needs": ("要るもの", "needs"), "people": ("人数", "people"), "use_share": ("使う割合", "use_share"),
    "life_stage": ("対象", "life_stage"), "essential": ("欠かせない", "essential"), "supplier": ("供給者", "supplier"),
    "country": ("国", "country"), "product": ("製品", "product"), "version": ("版", "version"),
}  # fmt: skip
MOST_TERMS, MOST_NESTING = 500, 30
#: A need: a node's index, or ("and" | "or", needs).
Need = int | tuple[str, tuple["Need", ...]]


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the dependency graph; `people` are the residents who use it in a year (services only)."""

    node: str
    kind: str
    ja: str
    en: str
    people: float = 0.0
    essential: bool = False
    supplier: str = ""
    country: str = ""
    product: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes sorted by name; `needs` in the same order, None where nothing is needed.

    A node works where nothing stopped it and its need is met. Nodes may rest on each other in a circle.
    """

    nodes: tuple[Node, ...]
    needs: tuple[Need | None, ...]

    def index(self, node: str) -> int:
        """Position of a node (KeyError where there is none)."""
        return {n.node: i for i, n in enumerate(self.nodes)}[node]

    def down(self, stopped: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What does not work, given what was stopped; mask of shape (nodes, cases) in and out."""
        works = ~stopped
        while True:
            before = works.copy()
            for i, need in enumerate(self.needs):
                if need is not None:
                    works[i] &= _met(need, works)
            if np.array_equal(works, before):
                return ~works

    def beneath(self, node: int) -> set[int]:
        """Everything a node rests on, itself included."""
        found, stack = {node}, [node]
        while stack:
            for n in _leaves(self.needs[stack.pop()]):
                if n not in found:
                    found.add(n)
                    stack.append(n)
        return found


def _met(need: Need, works: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mask over cases, shape (cases,): whether a need is met."""
    if isinstance(need, int):
        one: NDArray[np.bool_] = works[need]
        return one
    met = _met(need[1][0], works)
    for part in need[1][1:]:
        met = met & _met(part, works) if need[0] == "and" else met | _met(part, works)
    return met


def _leaves(need: Need | None) -> list[int]:
    if need is None:
        return []
    return [need] if isinstance(need, int) else [leaf for n in need[1] for leaf in _leaves(n)]


def parse_needs(text: str, places: Mapping[str, int]) -> Need | None:
    """A need from ``a & (b | c)``; "" is None. ``&`` binds before ``|``; names stand in quotes where they hold signs.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    tokens = re.findall(r'"[^"]*"|[&|()]|[^\s&|()"]+', text)
    if len(tokens) > MOST_TERMS:
        raise ValueError("too long")
    if not tokens:
        return None
    found, at = _either(tokens, 0, places, 0)
    if at != len(tokens):
        raise ValueError(tokens[at])
    return found


def _either(tokens: list[str], at: int, places: Mapping[str, int], deep: int) -> tuple[Need, int]:
    if deep > MOST_NESTING:
        raise ValueError("too deep")
    parts: list[Need] = []
    while True:
        both: list[Need] = []
        while True:
            need, at = _one(tokens, at, places, deep)
            both.append(need)
            if at >= len(tokens) or tokens[at] != "&":
                break
            at += 1
        parts.append(both[0] if len(both) == 1 else ("and", tuple(both)))
        if at >= len(tokens) or tokens[at] != "|":
            return (parts[0] if len(parts) == 1 else ("or", tuple(parts))), at
        at += 1


def _one(tokens: list[str], at: int, places: Mapping[str, int], deep: int) -> tuple[Need, int]:
    if at >= len(tokens) or tokens[at] in "&|)":
        raise ValueError(tokens[at] if at < len(tokens) else "…")
    if tokens[at] == "(":
        need, at = _either(tokens, at + 1, places, deep + 1)
        if at >= len(tokens) or tokens[at] != ")":
            raise ValueError("(")
        return need, at + 1
    name = tokens[at].strip('"')
    if name not in places:
        raise ValueError(name)
    return places[name], at + 1


def read_graph(data: bytes, file: str, people: Mapping[str, float] | None = None) -> Graph:
    """The dependency graph of a CSV: ``node, kind, ja, en, needs, people | use_share + life_stage, essential, …``.

    Parameters
    ----------
    people : mapping of str to float or None
        Residents by life stage, and ``"all"``; needed where a row gives ``use_share`` in place of ``people``.

    Raises
    ------
    InputError
        ``exposure-services`` with every row that cannot be used.
    """
    rows = rows_of_csv(data, file, "exposure-services", HEADINGS)
    ja, fix = words("exposure-services")
    bad: list[Problem] = []

    def wrong(r: Mapping[str, str], column: str, value: str) -> None:
        bad.append(Problem("exposure-services", ja, fix, file, int(r["row"]), column, value[:200]))

    names: dict[str, int] = {}
    for r in sorted(rows, key=lambda r: r.get("node", "")):
        if not r.get("node") or r["node"] in names:
            wrong(r, "node", r.get("node", ""))
        else:
            names[r["node"]] = len(names)
    nodes: dict[int, tuple[Node, Need | None]] = {}
    for r in rows:
        if r.get("node") not in names:
            continue
        kind, essential = r.get("kind", ""), r.get("essential", "").casefold()
        if kind not in KINDS:
            wrong(r, "kind", kind)
        if essential not in YES | NO:
            wrong(r, "essential", essential)
        need: Need | None = None
        try:
            need = parse_needs(r.get("needs", ""), names)
        except ValueError as e:
            wrong(r, "needs", str(e))
        count = _people(r, people or {})
        if count is None:
            wrong(r, "people", r.get("people", "") or r.get("use_share", ""))
        nodes[names[r["node"]]] = (
            Node(
                r["node"], kind, r.get("ja", "") or r["node"], r.get("en", "") or r.get("ja", "") or r["node"], count or 0.0,
                essential in YES, r.get("supplier", ""), r.get("country", ""), r.get("product", ""), r.get("version", ""),
            ),
            need,
        )  # fmt: skip
    if bad:
        raise InputError(sorted(bad, key=lambda p: (p.row or 0, p.column)))
    ordered = [nodes[i] for i in sorted(nodes)]
    return Graph(tuple(n for n, _ in ordered), tuple(need for _, need in ordered))


def _people(r: Mapping[str, str], people: Mapping[str, float]) -> float | None:
    try:
        count = float(r["people"]) if r.get("people") else 0.0
        if not r.get("people") and r.get("use_share"):
            share = float(r["use_share"])
            if not 0 <= share <= 1:
                return None
            count = share * people[r.get("life_stage") or "all"]
    except (ValueError, KeyError):
        return None
    return count if math.isfinite(count) and count >= 0 else None
