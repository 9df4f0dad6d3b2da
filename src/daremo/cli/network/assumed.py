"""``--assume KEY=VALUE`` of the verbs that use the table of access costs, and what they tell of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.network.access_costs import Costs

HELP = "Another value of an assumption (access_assumptions.csv), e.g. fibre_route_yen_km=3000000."


def option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option, any number of times."""
    return click.option("--assume", multiple=True, metavar="KEY=VALUE", help=HELP)(function)


def costs_of(assume: Sequence[str]) -> Costs:
    """The shipped table with the values given on the command line.

    Raises
    ------
    UsageError
        Where one cannot be read or does not exist.
    """
    from daremo.network.access_costs import defaults

    changes = {}
    for written in assume:
        key, _, value = written.partition("=")
        try:
            changes[key.strip()] = float(value)
        except ValueError:
            fix = "--assume fibre_route_yen_km=3000000 のように書いてください"
            raise UsageError("bad-assumption", f"--assume {written} が読めません", fix, "--assume") from None
    return defaults().changed(changes)
