"""Numbers as far as their interval allows, in Japanese and English units."""

from __future__ import annotations

import math


def step_of(low: float | None, high: float | None, *, least: float = 1.0) -> float:
    """The power of ten to which a figure with this interval may be rounded.

    Half the interval keeps two figures, the habit of the *Guide to the expression of uncertainty in measurement*
    (JCGM 100:2008, 7.2.6): 71,200–86,300 allows hundreds, 2,890–3,960 allows tens.

    Parameters
    ----------
    low, high : float or None
        Ends of the interval; None where it is unknown.
    least : float
        Smallest step given back, e.g. 1 for people.
    """
    if low is None or high is None or high <= low:
        return least
    return max(least, 10.0 ** (math.floor(math.log10((high - low) / 2)) - 1))


def rounded(value: float, step: float) -> float:
    """`value` to the nearest multiple of `step`, halves away from zero."""
    return math.copysign(math.floor(abs(value) / step + 0.5) * step, value) if step > 0 else value


def plain_number(value: float, digits: int = 0) -> str:
    """A number with thousands commas and a true minus sign; trailing zeros after the point fall."""
    text = f"{rounded(value, 10.0**-digits):,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")


def short(value: float) -> str:
    """A number of any size with about four figures, for tables of assumptions."""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    return plain_number(value, max(0, 3 - size))


def round_cuts(values: list[float], count: int = 4) -> list[float]:
    """`count` round, rising cut points that part the values into classes of similar size.

    Parameters
    ----------
    values : list of float
        Shares 0..1 (or any positive unit).

    Returns
    -------
    list of float, length `count`
        Multiples of 1, 2 or 5 times a power of ten.
    """
    known = sorted(v for v in values if math.isfinite(v))
    if not known or known[-1] < 1e-6:
        return [0.02 * (i + 1) for i in range(count)]
    last = len(known) - 1
    wanted = [known[round(last * (0.12 + 0.8 * i / (count - 1)))] for i in range(count)]
    spread = max(wanted[-1] - wanted[0], wanted[-1] * 0.04)
    step = nice_below(spread / (2.5 * count))
    cuts: list[float] = []
    for w in wanted:
        cut = max(rounded(w, step), step)
        if cuts and cut <= cuts[-1] + step / 2:
            cut = cuts[-1] + step
        cuts.append(round(cut, 10))
    return cuts


def nice_below(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= value * (1 + 1e-9))


def nice_above(value: float, steps: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)) -> float:
    """The smallest of `steps` times a power of ten that is not below `value`; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in steps if m * power >= value * (1 - 1e-9))


def class_of(value: float, cuts: list[float]) -> int:
    """Index of the class a value falls in: below the first cut 0, at or above the last ``len(cuts)``."""
    return sum(value >= c - 1e-12 for c in cuts)
