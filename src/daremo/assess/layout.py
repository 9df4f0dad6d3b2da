"""Where each parameter of a model stands: in slots per item for the curves, in one vector for the climb."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daremo.assess.curves import GRADED, GUESSING, LOGISTIC, NOMINAL, PARTIAL
from daremo.assess.model import Answers, Model
from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
Int = NDArray[np.int64]
KINDS = {"rasch": PARTIAL, "2pl": LOGISTIC, "3pl": GUESSING, "grm": GRADED, "gpcm": PARTIAL, "nominal": NOMINAL}


@dataclass(frozen=True, slots=True)
class Layout:
    """Curves of all items of one model.

    Attributes
    ----------
    kind, n_cat, first : ndarray of int64, shape (items,), index
        Curve, number of categories, first row in tables of one row per item and category.
    shared : bool
        One slope for all items (`rasch`: the slope is then the standard deviation of ability).
    slots : int
        Slots of the longest item.
    free : ndarray of bool, shape (items, slots), mask
        Slots that the item uses and whose values are sought.
    held : ndarray of bool, shape (items,), mask
        Items with known curves; `values`, shape (items, slots), has them.
    level : bool
        All slopes are 1 and ability's spread is free (`rasch` with anchors).
    """

    kind: Int
    n_cat: Int
    first: Int
    shared: bool
    slots: int
    free: NDArray[np.bool_]
    held: NDArray[np.bool_]
    values: Float
    level: bool = False

    @property
    def rows(self) -> int:
        return int(self.n_cat.sum())

    def pack(self, par: Float, mean_g: Float, sd_g: Float) -> Float:
        """One vector of all free parameters, shape (parameters,)."""
        return np.concatenate([self.pack_items(par), mean_g[1:], np.log(sd_g[1:])])

    def pack_items(self, par: Float) -> Float:
        """The same of the items alone."""
        return np.r_[np.log(par[0, 0]), par[:, 1:][self.free[:, 1:]]] if self.shared else par[self.free]

    def unpack(self, x: Float, groups: int) -> tuple[Float, Float, Float]:
        """Slots, shape (items, slots), and mean and standard deviation of each group, shape (groups,)."""
        end = x.size - 2 * (groups - 1)
        par = self.unpack_items(x[:end])
        return par, np.r_[0.0, x[end : end + groups - 1]], np.r_[1.0, np.exp(x[end + groups - 1 :])]

    def unpack_items(self, x: Float) -> Float:
        """Slots of all items, shape (items, slots)."""
        par = np.zeros(self.free.shape)
        if self.shared:
            par[:, 0] = np.exp(x[0])
            par[:, 1:][self.free[:, 1:]] = x[1:]
        else:
            if self.level:
                par[:, 0] = 1.0
            par[self.free] = x
        par[self.held] = self.values[self.held]
        return par

    def moved(self, par: Float, mean: float, sd: float) -> Float:
        """The same curves over (ability − mean) / sd, shape (items, slots)."""
        new = par.copy()
        times = np.ones(self.slots - 1)[None, :] * (self.kind != PARTIAL)[:, None]
        times = np.where((self.kind == PARTIAL)[:, None], np.arange(1, self.slots)[None, :], times)
        slopes = times * par[:, :1]
        for j in np.flatnonzero(self.kind == NOMINAL):
            k = int(self.n_cat[j])
            slopes[j, : k - 2] = par[j, k : 2 * k - 2]
            new[j, k : 2 * k - 2] *= sd
        steps = np.arange(1, self.slots)[None, :] < self.n_cat[:, None]
        new[:, 1:] += np.where(steps, slopes * mean, 0.0)
        new[:, 0] *= sd
        return new

    def usable(self, x: Float, latent: int) -> bool:
        """Whether a vector, of which the last `latent` numbers are no items', means curves: bounded, graded steps in order."""
        if not (np.abs(x) < 30).all():
            return False
        par = self.unpack_items(x[: x.size - latent])
        graded = self.kind == GRADED
        gaps = -np.diff(par[:, 1:], axis=1)
        used = graded[:, None] & (np.arange(2, self.slots)[None, :] < self.n_cat[:, None])
        return bool((gaps[used] > 0).all())


def layout_of(answers: Answers, model: Model) -> Layout:
    """Curves of a model for these items.

    Raises
    ------
    UsageError
        ``two-categories`` where a two-category model meets an item with more.
    """
    n_cat = answers.n_categories
    kind = np.full(n_cat.size, KINDS[model], np.int64)
    two = n_cat == 2
    if model in ("2pl", "3pl") and not two.all():
        j = int(np.argmin(two))
        fix = "--model grm か gpcm を使うか、正答の表を --key で渡してください"
        raise UsageError("two-categories", f"問題「{answers.items[j]}」の答えが{n_cat[j]}通りあります", fix, model)
    if model in ("grm", "gpcm"):
        kind[two] = LOGISTIC
    kind[two & ((kind == PARTIAL) | (kind == NOMINAL))] = LOGISTIC
    used = np.where(kind == NOMINAL, 2 * n_cat - 2, n_cat + (kind == GUESSING))
    slots = int(used.max())
    free = np.arange(slots)[None, :] < used[:, None]
    first = np.concatenate([[0], np.cumsum(n_cat)[:-1]]).astype(np.int64)
    none = np.zeros(n_cat.size, bool)
    return Layout(kind, n_cat, first, model == "rasch", slots, free, none, np.zeros(free.shape))


def with_held(layout: Layout, held: NDArray[np.bool_], values: Float) -> Layout:
    """The same layout with some items' curves known; `held`, shape (items,), `values`, shape (items, slots)."""
    free = layout.free & ~held[:, None]
    if layout.shared:
        free[:, 0] = False
    return replace(layout, free=free, held=held, values=values, shared=False, level=layout.shared or layout.level)


def begin(count: Float, layout: Layout, guess: float) -> Float:
    """Where a climb starts: slope 1 and intercepts from the answers of each row, shape (rows,); shape (items, slots)."""
    par = np.zeros(layout.free.shape)
    for j, k in enumerate(layout.n_cat):
        n = count[layout.first[j] : layout.first[j] + k] + 0.5
        par[j, 0] = 1.0
        if layout.kind[j] == NOMINAL:
            par[j, k : 2 * k - 2] = np.arange(1, k - 1) / (k - 1)
        if layout.kind[j] in (PARTIAL, NOMINAL):
            par[j, 1:k] = np.log(n[1:] / n[0])
        else:
            above = np.cumsum(n[::-1])[::-1][1:] / n.sum()
            par[j, 1:k] = 1.2 * np.log(above / (1 - above))
        if layout.kind[j] == GUESSING:
            par[j, 2] = np.log(guess / (1 - guess))
    return par
