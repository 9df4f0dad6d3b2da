"""Nobody who knows all that is printed learns a small count: every table of whole numbers that fits is counted out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from daremo.web.apps.figures.protect import Key, Sum, column, cross, found_out, interval, protect


def filled(name: str, cells: list[list[int]]) -> tuple[dict[Key, int], list[Sum]]:
    """Return all cells and totals of a two-way table, and its sums."""
    rows, columns = [f"r{i}" for i in range(len(cells))], [f"c{j}" for j in range(len(cells[0]))]
    values: dict[Key, int] = {}
    for r, line in zip(rows, cells, strict=True):
        for c, value in zip(columns, line, strict=True):
            values[name, r, c] = value
        values["row", r] = sum(line)
    for j, c in enumerate(columns):
        values["column", name, c] = sum(line[j] for line in cells)
    values["all",] = sum(map(sum, cells))
    return values, [*cross(name, rows, columns), Sum(("all",), tuple(("column", name, c) for c in columns))]


def fitting(values: dict[Key, int], hidden: frozenset[Key], sums: list[Sum]) -> Iterator[dict[Key, int]]:
    """Yield every way to fill the hidden cells with whole numbers so that all sums hold (what an attacker can do)."""
    totals = {s.total for s in sums}
    most = max(v for k, v in values.items() if k not in totals) + 7
    unknown = [k for k in sorted(hidden, key=repr) if k not in totals]

    def go(at: int, told: dict[Key, int]) -> Iterator[dict[Key, int]]:
        if at == len(unknown):
            whole = dict(told)
            for s in [s for s in sums if s.total[0] != "all"] + [s for s in sums if s.total[0] == "all"]:  # type: ignore[index]
                if any(p not in whole for p in s.parts):
                    return
                total = sum(whole[p] for p in s.parts)
                if s.total in whole and whole[s.total] != total:
                    return
                if s.total not in hidden and values[s.total] != total:
                    return
                whole[s.total] = total
            yield whole
            return
        key = unknown[at]
        limit = most
        for s in sums:
            if key in s.parts and s.total not in hidden:
                limit = min(limit, values[s.total] - sum(told.get(p, 0) for p in s.parts))
        for value in range(max(0, limit) + 1):
            yield from go(at + 1, {**told, key: value})

    known = {k: v for k, v in values.items() if k not in hidden and k not in totals}
    return go(0, known)


def ranges(
    values: dict[Key, int], hidden: frozenset[Key], sums: list[Sum], enough: int | None = None
) -> dict[Key, set[int]]:
    """Return what each hidden cell can be; with ``enough`` stop as soon as each can be so many apart."""
    seen: dict[Key, set[int]] = {k: set() for k in hidden}
    for whole in fitting(values, hidden, sums):
        for k in hidden:
            seen[k].add(whole[k])
        if enough is not None and all(max(s) - min(s) >= enough for s in seen.values()):
            break
    return seen


#: Every two-by-two table of these counts, once for those that differ in the order of rows and columns only.
TINY = sorted({
    min((a, b, c, d), (c, d, a, b), (b, a, d, c), (d, c, b, a), (a, c, b, d))
    for a, b, c, d in product((0, 2, 6), repeat=4)
})  # fmt: skip


def test_in_every_two_by_two_table_each_hidden_count_can_be_two_numbers_five_apart() -> None:
    for a, b, c, d in TINY:
        values, sums = filled("t", [[a, b], [c, d]])
        hidden = protect(values, sums, 5)
        for key, seen in ranges(values, hidden, sums, 5).items():
            assert len(seen) >= 2 and max(seen) - min(seen) >= 5, ((a, b, c, d), key, seen)


def test_no_small_count_is_printed_in_any_tiny_table() -> None:
    for a, b, c, d in TINY:
        values, sums = filled("t", [[a, b], [c, d]])
        hidden = protect(values, sums, 5)
        assert not [k for k, v in values.items() if 0 < v < 5 and k not in hidden]


@pytest.mark.parametrize("seed", (2, 4, 5))
def test_in_random_three_by_three_tables_nothing_hidden_is_found_by_trying_all(seed: int) -> None:
    rng = Random(seed)
    cells = [[rng.choice((0, 0, 1, 2, 4, 7, 9)) for _ in range(3)] for _ in range(3)]
    values, sums = filled("t", cells)
    hidden = protect(values, sums, 3)
    for key, seen in ranges(values, hidden, sums, 3).items():
        assert len(seen) >= 2 and max(seen) - min(seen) >= 3, (cells, key, seen)


def test_the_linear_programs_give_what_trying_all_gives() -> None:
    rng = Random(7)
    for _ in range(20):
        cells = [[rng.randrange(0, 6) for _ in range(2)] for _ in range(2)]
        values, sums = filled("t", cells)
        hidden = frozenset(k for k in values if k[0] == "t" and rng.random() < 0.8)  # type: ignore[index]
        for key, seen in ranges(values, hidden, sums).items():
            low, high = interval(key, values, tuple(hidden), sums)
            assert (round(low), round(high)) == (min(seen), max(seen)), (cells, key)


def test_hiding_only_the_small_counts_would_give_them_away() -> None:
    values, sums = filled("t", [[3, 20], [30, 40]])
    bare = frozenset([("t", "r0", "c0")])
    assert found_out(values, bare, sums) == [("t", "r0", "c0")]
    assert len(ranges(values, bare, sums)["t", "r0", "c0"]) == 1
    assert found_out(values, protect(values, sums), sums) == []


def test_a_table_without_small_counts_is_printed_whole() -> None:
    values, sums = filled("t", [[10, 20], [30, 0]])
    assert protect(values, sums) == frozenset()


def test_a_total_that_is_no_sum_is_refused() -> None:
    values, sums = filled("t", [[1, 2], [3, 4]])
    values["row", "r0"] = 9
    with pytest.raises(ValueError, match="is not the sum"):
        protect(values, sums)


@pytest.mark.parametrize("seed", range(60))
def test_the_rule_for_one_sum_leaves_nothing_that_the_audit_by_programs_finds(seed: int) -> None:
    draw = Random(seed)
    counts = [draw.choice((0, 0, 1, 2, 3, 4, 5, 6, 9, 30)) for _n in range(draw.randint(1, 7))]
    values: dict[Key, int] = {("cell", n): v for n, v in enumerate(counts)} | {("all",): sum(counts)}
    sums = [Sum(("all",), tuple(("cell", n) for n in range(len(counts))))]
    few, total = column(counts)
    hidden = frozenset({("cell", n) for n in few} | ({("all",)} if total else set()))
    if total:  # nothing ties the cells then; what is left must not be a small count
        assert not [k for k, v in values.items() if k not in hidden and 0 < v < 5]
    else:
        assert found_out(values, hidden, sums) == []
