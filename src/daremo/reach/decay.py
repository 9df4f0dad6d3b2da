"""How the will to make a trip falls with its length: each decay is a small frozen rule from cost to weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daremo.kernel.errors import UsageError

Floats = NDArray[np.float64]


class Decay(Protocol):
    """A rule that turns km or minutes into a weight, not negative."""

    def __call__(self, cost: ArrayLike) -> Floats: ...

    def as_dict(self) -> dict[str, Any]: ...


def log_logistic(x: ArrayLike, half: float, slope: float) -> Floats:
    """Share that still comes at distance or time `x`: ``1 / (1 + (x / half) ** slope)``.

    Parameters
    ----------
    x : array_like
        Distance or time, in the unit of `half`; infinite gives 0.
    half : float
        Where half still come.
    slope : float
        How sharply the share falls there.

    Source
    ------
    Log-logistic survival; used for travel by the PBL NetworkModel.

    Examples
    --------
    >>> log_logistic([0, 20, 1e9], 20, 2.5).round(6).tolist()
    [1.0, 0.5, 0.0]
    """
    share: Floats = 1 / (1 + (np.asarray(x, float) / half) ** slope)
    return share


def _wanted(ok: bool, said: str) -> None:
    if not ok:
        raise UsageError("bad-decay", f"道のりの重み「{said}」が決められません", "0より大きい数を入れてください")


@dataclass(frozen=True, slots=True)
class Within:
    """1 up to and including `limit`, 0 beyond: the catchment of 2SFCA.

    Examples
    --------
    >>> Within(5)([5, 5.1]).tolist()
    [1.0, 0.0]
    """

    limit: float
    name: ClassVar[str] = "within"

    def __post_init__(self) -> None:
        _wanted(self.limit >= 0, f"limit={self.limit}")

    def __call__(self, cost: ArrayLike) -> Floats:
        return (np.asarray(cost, float) <= self.limit).astype(float)

    def as_dict(self) -> dict[str, Any]:
        return {"decay": self.name, "limit": self.limit}


@dataclass(frozen=True, slots=True)
class Steps:
    """A weight for each ring: `weights[i]` up to and including `limits[i]`, 0 beyond the last: E2SFCA as published.

    Examples
    --------
    >>> Steps((10, 20, 30), (1, 0.68, 0.22))([10, 15, 30, 31]).tolist()
    [1.0, 0.68, 0.22, 0.0]
    """

    limits: tuple[float, ...]
    weights: tuple[float, ...]
    name: ClassVar[str] = "steps"

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.limits, self.limits[1:], strict=False))
        fits = 0 < len(self.limits) == len(self.weights) and all(0 <= w < np.inf for w in self.weights)
        _wanted(rising and fits and self.limits[0] >= 0, f"limits={self.limits} weights={self.weights}")

    def __call__(self, cost: ArrayLike) -> Floats:
        return np.array([*self.weights, 0.0])[np.searchsorted(self.limits, np.asarray(cost, float), side="left")]

    def as_dict(self) -> dict[str, Any]:
        return {"decay": self.name, "limits": list(self.limits), "weights": list(self.weights)}


@dataclass(frozen=True, slots=True)
class LogLogistic:
    """``1 / (1 + (x / half) ** slope)``: half still come at `half`.

    Examples
    --------
    >>> LogLogistic(20, 2.5)([0, 20]).tolist()
    [1.0, 0.5]
    """

    half: float
    slope: float
    name: ClassVar[str] = "log-logistic"

    def __post_init__(self) -> None:
        _wanted(self.half > 0 and self.slope > 0, f"half={self.half} slope={self.slope}")

    def __call__(self, cost: ArrayLike) -> Floats:
        return log_logistic(cost, self.half, self.slope)

    def as_dict(self) -> dict[str, Any]:
        return {"decay": self.name, "half": self.half, "slope": self.slope}


@dataclass(frozen=True, slots=True)
class Gaussian:
    """``exp(-x² / (2 sigma²))``, 1 at no distance.

    Examples
    --------
    >>> Gaussian(20)([0, 20]).round(4).tolist()
    [1.0, 0.6065]
    """

    sigma: float
    name: ClassVar[str] = "gaussian"

    def __post_init__(self) -> None:
        _wanted(self.sigma > 0, f"sigma={self.sigma}")

    def __call__(self, cost: ArrayLike) -> Floats:
        x = np.asarray(cost, float)
        weight: Floats = np.exp(-x * x / (2 * self.sigma**2))
        return weight

    def as_dict(self) -> dict[str, Any]:
        return {"decay": self.name, "sigma": self.sigma}


@dataclass(frozen=True, slots=True)
class Exponential:
    """``exp(-x / scale)``: the same share is lost on every further km or minute.

    Examples
    --------
    >>> Exponential(10)([0, 10]).round(4).tolist()
    [1.0, 0.3679]
    """

    scale: float
    name: ClassVar[str] = "exponential"

    def __post_init__(self) -> None:
        _wanted(self.scale > 0, f"scale={self.scale}")

    def __call__(self, cost: ArrayLike) -> Floats:
        weight: Floats = np.exp(-np.asarray(cost, float) / self.scale)
        return weight

    def as_dict(self) -> dict[str, Any]:
        return {"decay": self.name, "scale": self.scale}


@dataclass(frozen=True, slots=True)
class Power:
    """``(max(x, least) / scale) ** -power``: the gravity of Newton; `least` keeps the door next to home finite.

    Examples
    --------
    >>> Power(20, 2, 1)([0, 1, 20, 40]).round(9).tolist()
    [400.0, 400.0, 1.0, 0.25]
    """

    scale: float
    power: float
    least: float
    name: ClassVar[str] = "power"

    def __post_init__(self) -> None:
        said = f"scale={self.scale} power={self.power} least={self.least}"
        _wanted(self.scale > 0 and self.power > 0 and self.least > 0, said)

    def __call__(self, cost: ArrayLike) -> Floats:
        weight: Floats = (np.maximum(np.asarray(cost, float), self.least) / self.scale) ** -self.power
        return weight

    def as_dict(self) -> dict[str, Any]:
        return {"decay": self.name, "scale": self.scale, "power": self.power, "least": self.least}
