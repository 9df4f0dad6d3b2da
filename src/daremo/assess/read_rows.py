"""From a table to sparse answers: identifiers to numbers, words to categories, everything doubtful told.

People and items are put into an order of their own (identifiers in natural order, rows without one by their answers),
so that the same answers give the same bytes whatever the order of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.assess.model import Answers
from daremo.assess.read_people import covariates_of
from daremo.kernel.errors import Problem, UsageError
from daremo.kernel.tables import rows_of

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: Written instead of nothing.
MISSING = ("", "na", "n/a", "nan", "null", "none", ".", "-", "無回答", "未回答", "未実施", "欠測")
#: Says that somebody does not know, which is an answer: the lowest.
UNKNOWING = ("わからない", "分からない", "わかりません", "don't know", "dont know", "dk")
SHOWN = 20
MOST_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns by what they hold; `items` are the item columns of a wide table, `counted` says that weight is a count."""

    person: str
    item: str
    answer: str
    group: str
    weight: str
    counted: bool
    items: tuple[str, ...]
    covariates: tuple[str, ...] = ()


class Told:
    """Collects problems of one file, at most twenty of a code in full and the rest as a number."""

    def __init__(self, file: str) -> None:
        self.file, self._rows = file, {r["code"]: r for r in rows_of("daremo.assess", "problem_codes")}
        self.problems: list[Problem] = []

    def add(self, code: str, rows: Sequence[int] | Int, column: str, values: Sequence[str], *, error: bool) -> None:
        """Rows are counted from 0 in the table; −1 = no row."""
        words = self._rows[code]
        kind: Any = "error" if error else "warning"
        for r, v in list(zip(rows, values, strict=True))[:SHOWN]:
            at = None if r < 0 else int(r) + 2
            self.problems.append(Problem(code, words["ja"], words["fix"], self.file, at, column, v, kind))
        if len(rows) > SHOWN:
            more = f"ほかに{len(rows) - SHOWN:,}件"
            self.problems.append(Problem(code, words["ja"], words["fix"], self.file, None, column, more, kind))


def natural(text: str) -> tuple[tuple[int, Any], ...]:
    """A key that sorts item2 before item10."""
    return tuple((0, int(x)) if x.isdigit() and x.isascii() else (1, x) for x in re.split(r"([0-9]+)", text))


def _coded(s: pl.Series) -> tuple[NDArray[np.int64], list[str]]:
    """Number of each value in natural order, −1 where there is none, and the names."""
    text = s.cast(pl.String).str.strip_chars() if s.dtype != pl.String else s.str.strip_chars()
    names = sorted((x for x in text.unique().to_list() if x), key=lambda x: (natural(x), x))
    if not names:
        return np.full(len(s), -1, np.int64), []
    codes = text.replace_strict(names, list(range(len(names))), default=-1, return_dtype=pl.Int64).fill_null(-1)
    return codes.to_numpy(), names


def _answers(s: pl.Series) -> tuple[Float, list[str]]:
    """Answers as numbers: NaN = none, −inf = does not know, and +inf = a word that is no number; with the words as written."""
    if s.dtype.is_numeric() or s.dtype == pl.Boolean:
        x = s.cast(pl.Float64).to_numpy().astype(float)
        return np.where(np.isposinf(x) | np.isneginf(x), np.inf, x), []
    words = s.unique().to_list()
    value: dict[str | None, float] = {}
    for word in words:
        plain = (word or "").strip().lower()
        if plain in MISSING:
            value[word] = np.nan
        elif plain in UNKNOWING:
            value[word] = -np.inf
        else:
            try:
                value[word] = float(plain.translate(str.maketrans("０１２３４５６７８９", "0123456789")))
            except ValueError:
                value[word] = np.inf
            if value[word] == -np.inf:
                value[word] = np.inf
    known = [w for w in words if w is not None]
    codes = s.replace_strict(known, [value[w] for w in known], default=None, return_dtype=pl.Float64)
    return codes.fill_null(float("nan")).to_numpy(), known


def _scored(values: Float, right: Any) -> Float:
    """1 where the answer is the key's, else 0; NaN stays."""
    return np.where(np.isnan(values), np.nan, (values == right).astype(float))


def _text(s: pl.Series, rows: Int) -> list[str]:
    return [str(v) for v in s.gather(rows[:SHOWN].tolist()).to_list()] + [""] * max(len(rows) - SHOWN, 0)


def _keyed(key: Mapping[str, str] | Sequence[str], items: Sequence[str], name: str) -> dict[str, str]:
    if not key:
        return {}
    if isinstance(key, Mapping):
        lost = [i for i in items if i not in key]
        if lost:
            raise UsageError(
                "bad-key", f"正答の表に「{lost[0]}」がありません", "全部の問題の正答を書いてください", name
            )
        return {i: key[i] for i in items}
    if len(key) != len(items):
        fix = "問題の列と同じ数だけ、列の順に書いてください"
        raise UsageError("bad-key", f"正答が{len(key)}個、問題が{len(items)}個あります", fix, name)
    return dict(zip(items, key, strict=True))


def _item_categories(
    values: Float, s: pl.Series, rows: Int, item: str, right: str | None, two: bool, apart: bool, told: Told
) -> tuple[Int, list[str]]:
    """Category of each answer of one item (−1 = not used) and the labels, lowest first."""
    if right is not None:
        number = _answers(pl.Series([right], dtype=pl.String))[0][0]
        if np.isfinite(number):
            scored = _scored(values, number)
        else:
            text = s.cast(pl.String).str.strip_chars() == right.strip()
            scored = np.where(np.isnan(values), np.nan, text.fill_null(False).to_numpy().astype(float))
        code = np.where(np.isnan(scored), -1, scored).astype(np.int64)
        if not (apart and np.isneginf(values).any()):
            return code, ["0", "1"]
        return np.where(np.isneginf(values), 0, np.where(code >= 0, code + 1, -1)), [UNKNOWING[0], "0", "1"]
    bad = np.flatnonzero(np.isposinf(values))
    if bad.size:
        told.add("unknown-category", rows[bad], item, _text(s, bad), error=True)
    usable = np.isfinite(values)
    known = np.unique(values[usable])
    if known.size > MOST_CATEGORIES:
        told.add("too-many-categories", [-1], item, [str(known.size)], error=True)
        return np.full(values.size, -1, np.int64), []
    if two and known.size > 2 and np.isin([0.0, 1.0], known).all():
        odd = np.flatnonzero(usable & ~np.isin(values, (0.0, 1.0)))
        told.add("unknown-category", rows[odd], item, _text(s, odd), error=True)
        usable &= np.isin(values, (0.0, 1.0))
        known = np.array([0.0, 1.0])
    out = np.where(usable, np.searchsorted(known, np.where(usable, values, 0.0)), -1)
    labels = [f"{v:g}" for v in known]
    unknowing = np.flatnonzero(np.isneginf(values))
    if unknowing.size:
        if not apart:
            told.add("does-not-know", [-1], item, [str(unknowing.size)], error=False)
        if apart or known.size != 2:
            out = np.where(usable, out + 1, -1)
            labels = [UNKNOWING[0], *labels]
        out[unknowing] = 0
    return out.astype(np.int64), labels


def _weights(frame: pl.DataFrame, roles: Roles, told: Told) -> Float:
    if not roles.weight:
        return np.ones(frame.height)
    w = frame[roles.weight].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().astype(float)
    bad = np.flatnonzero(~(np.isfinite(w) & (w >= 0)))
    if bad.size:
        told.add("bad-weight", bad, roles.weight, _text(frame[roles.weight], bad), error=True)
    return np.where(np.isfinite(w) & (w >= 0), w, 0.0)


def _groups(frame: pl.DataFrame, roles: Roles, told: Told) -> tuple[Int, tuple[str, ...]]:
    if not roles.group:
        return np.zeros(frame.height, np.int64), ("",)
    code, names = _coded(frame[roles.group])
    blank = np.flatnonzero(code < 0)
    if blank.size:
        told.add("no-group", blank, roles.group, [""] * blank.size, error=False)
    return code, tuple(names)


def _covariates(frame: pl.DataFrame, roles: Roles, told: Told) -> tuple[Float, tuple[str, ...]]:
    found, names = covariates_of(
        frame, roles.covariates, natural, lambda c, n: told.add("bad-covariate", [-1], c, [str(n)], error=True)
    )
    blank = np.flatnonzero(np.isnan(found).any(1))
    if blank.size:
        told.add("no-covariate", blank, "・".join(roles.covariates), [""] * blank.size, error=False)
    return found, names


@dataclass(frozen=True, slots=True)
class Said:
    """What rows say of people besides their answers; group −1 and covariate NaN where that is blank.

    Attributes
    ----------
    weight : ndarray, shape (rows,)
        0 where it cannot be used.
    group : ndarray of int64, shape (rows,), index
    groups : tuple of str
    covariates : ndarray, shape (rows, covariates)
    names : tuple of str
    """

    weight: Float
    group: Int
    groups: tuple[str, ...]
    covariates: Float
    names: tuple[str, ...]


def said_of(frame: pl.DataFrame, roles: Roles, told: Told) -> Said:
    """Weights, groups and covariates of each row."""
    weight, (group, groups) = _weights(frame, roles, told), _groups(frame, roles, told)
    return Said(weight, group, groups, *_covariates(frame, roles, told))


def again_of(frame: pl.DataFrame, roles: Roles, told: Told) -> NDArray[np.bool_]:
    """Rows of people who stood in an earlier row, shape (rows,), mask; all rows of such people are told."""
    person, ids = _coded(frame[roles.person])
    twice = np.flatnonzero((np.bincount(person[person >= 0], minlength=len(ids)) > 1)[person] & (person >= 0))
    if twice.size:
        told.add("person-twice", twice, roles.person, _text(frame[roles.person], twice), error=True)
    first = np.zeros(person.size, bool)
    first[np.unique(person, return_index=True)[1]] = True
    return np.asarray(~first & (person >= 0), bool)


def from_wide(frame: pl.DataFrame, roles: Roles, key: Any, *, two: bool, apart: bool = False, name: str) -> Answers:
    """Answers of a table with one row a person and one column an item."""
    told = Told(name)
    n, rows = frame.height, np.arange(frame.height)
    keyed = _keyed(key, roles.items, name)
    said = said_of(frame, roles, told)
    weight, group, groups, more, more_names = said.weight, said.group, said.groups, said.covariates, said.names
    table, labels = np.full((n, len(roles.items)), -1, np.int8), []
    for j, item in enumerate(roles.items):
        values, _ = _answers(frame[item])
        code, names = _item_categories(values, frame[item], rows, item, keyed.get(item), two, apart, told)
        table[:, j] = code
        labels.append(names)
    if roles.person:
        weight = np.where(again_of(frame, roles, told), 0.0, weight)
        person, ids = _coded(frame[roles.person])
        order, people = np.argsort(np.where(person < 0, n, person), kind="stable"), tuple(ids)
        names_of = [people[p] if p >= 0 else f"row {i + 2}" for i, p in zip(order, person[order], strict=True)]
    else:
        extra = np.ascontiguousarray(np.column_stack([weight, group.astype(float), more]))
        line = np.ascontiguousarray(np.concatenate([table.view(np.uint8), extra.view(np.uint8)], 1))
        order = np.argsort(line.view(np.dtype((np.void, line.shape[1]))).ravel(), kind="stable")
        names_of = [str(k + 1) for k in order]
    table, weight, group, more = table[order], weight[order], group[order], more[order]
    seen = table >= 0
    person_of, item_of = np.nonzero(seen)
    return _sparse(
        person_of, item_of, table[seen].astype(np.int64), n, list(roles.items), labels, weight, group, groups, names_of, roles, told,
        more, more_names,
    )  # fmt: skip


def from_long(frame: pl.DataFrame, roles: Roles, key: Any, *, two: bool, apart: bool = False, name: str) -> Answers:
    """Answers of a table with one row an answer."""
    told = Told(name)
    person, ids = _coded(frame[roles.person])
    item, items = _coded(frame[roles.item])
    for code, column in ((person, roles.person), (item, roles.item)):
        blank = np.flatnonzero(code < 0)
        if blank.size:
            told.add("blank-identifier", blank, column, [""] * blank.size, error=True)
    values, _ = _answers(frame[roles.answer])
    keyed = _keyed(key, items, name)
    ok = (person >= 0) & (item >= 0) & ~np.isnan(values)
    at = np.flatnonzero(ok)
    at = at[np.lexsort((values[at], item[at], person[at]))]
    same = np.zeros(at.size, bool)
    same[1:] = (person[at][1:] == person[at][:-1]) & (item[at][1:] == item[at][:-1])
    if same.any():
        differ = same.copy()
        differ[1:] &= values[at][1:] != values[at][:-1]
        pair = person[at] * (len(items) + 1) + item[at]
        clash = np.isin(pair, np.unique(pair[differ])) if differ.any() else np.zeros(at.size, bool)
        wrong, repeated = np.sort(at[clash]), np.sort(at[same & ~clash])
        if wrong.size:
            told.add("answer-differs", wrong, roles.answer, _text(frame[roles.answer], wrong), error=True)
        if repeated.size:
            told.add("answer-twice", repeated, roles.answer, _text(frame[roles.answer], repeated), error=False)
        at = at[~same & ~clash]
    category, labels = np.full(at.size, -1, np.int64), []
    by_item = np.argsort(item[at], kind="stable")
    edges = np.searchsorted(item[at][by_item], np.arange(len(items) + 1))
    for j, text in enumerate(items):
        mine = by_item[edges[j] : edges[j + 1]]
        rows = at[mine]
        s = (
            frame[roles.answer].gather(rows)
            if keyed or not np.isfinite(values[rows]).all() or two
            else frame[roles.answer]
        )
        code, names = _item_categories(values[rows], s, rows, text, keyed.get(text), two, apart, told)
        category[mine] = code
        labels.append(names)
    first = np.full(len(ids), -1, np.int64)
    rows_with = np.flatnonzero(person >= 0)
    first[person[rows_with][::-1]] = rows_with[::-1]
    weight_row, (group_row, groups) = _weights(frame, roles, told), _groups(frame, roles, told)
    more, more_names = _covariates(frame, roles, told)
    if more_names:
        own, their = more[rows_with], more[first[person[rows_with]]]
        mixed = rows_with[((own != their) & ~(np.isnan(own) & np.isnan(their))).any(1)]
        if mixed.size:
            told.add("covariate-differs", mixed, "・".join(roles.covariates), [""] * mixed.size, error=True)
    if roles.group:
        mixed = rows_with[group_row[rows_with] != group_row[first[person[rows_with]]]]
        if mixed.size:
            told.add("group-differs", mixed, roles.group, _text(frame[roles.group], mixed), error=True)
    return _sparse(
        person[at], item[at], category, len(ids), items, labels, weight_row[first], group_row[first], groups, ids, roles, told,
        more[first], more_names,
    )  # fmt: skip


def _sparse(
    person: Int, item: Int, category: Int, n: int, items: list[str], labels: list[list[str]],
    weight: Float, group: Int, groups: tuple[str, ...], people: Sequence[str], roles: Roles, told: Told,
    more: Float, more_names: tuple[str, ...],
) -> Answers:  # fmt: skip
    """Leave out items with one answer and people without any; answers are sorted by person and item."""
    used = category >= 0
    code = item * (MOST_CATEGORIES + 2) + category
    seen = np.bincount(code[used], minlength=len(items) * (MOST_CATEGORIES + 2)).reshape(len(items), -1) > 0
    kept = seen.sum(1) > 1
    for j in np.flatnonzero(~kept):
        if labels[j] or not (category[item == j] >= 0).any():
            told.add("one-category", [-1], items[j], ["・".join(labels[j])], error=False)
    rank = np.cumsum(seen, 1) - 1
    whole = np.asarray(~np.isnan(more).any(axis=1), bool)
    used &= kept[item] & (group[person] >= 0) & (weight[person] > 0) & whole[person]
    person, item, category = person[used], item[used], rank[item[used], category[used]]
    count = np.bincount(person, minlength=n)
    silent = np.flatnonzero((count == 0) & (weight > 0) & (group >= 0) & whole)
    if silent.size:
        told.add("nothing-answered", [-1] * silent.size, "", [people[i] for i in silent.tolist()], error=False)
    there = count > 0
    start = np.concatenate([[0], np.cumsum(count[there])]).astype(np.int64)
    new = np.cumsum(kept) - 1
    names = [[x for x, s in zip(labels[j], seen[j], strict=False) if s] for j in np.flatnonzero(kept)]
    total = float(weight[there].sum())
    return Answers(
        start, new[item].astype(np.int32), category.astype(np.int32), tuple(items[j] for j in np.flatnonzero(kept)),
        tuple(tuple(x) for x in names), weight[there], group[there], groups,
        tuple(p for p, t in zip(people, there, strict=True) if t),
        round(total) if roles.counted and roles.weight else int(there.sum()), tuple(told.problems),
        more[there], more_names,
    )  # fmt: skip
