"""``daremo network``: the line that everybody has, one file a subverb."""

from __future__ import annotations

from typing import ClassVar

import click

from daremo.cli.main import Verbs


class Subverbs(Verbs):
    """The verbs of `network`, each loaded when it is asked for."""

    PACKAGE: ClassVar[str] = "daremo.cli.network"
    VERBS: ClassVar[dict[str, str]] = {
        "gaps": "See who has no good line: coverage, quality and price by area, claims against measurements.",
        "load": "Find the bottlenecks: the least worst utilisation, with a proved bound and the links that bind.",
        "fail": "Break every link, node and shared duct, alone and in pairs: who is cut off, what is over-used.",
        "availability": "Let disasters strike: how often each area stays connected, with intervals.",
        "upgrade": "Choose the cheapest links, modules and hubs that hold the targets, with a proved bound.",
        "access": "Give every area its cheapest line: fibre tree, fixed wireless, satellite or local 5G.",
        "local5g": "Plan a local 5G network over the terrain: coverage, sites and channels.",
    }


@click.group(cls=Subverbs)
def network() -> None:
    """The line that everybody has, that is never jammed and survives the earthquake.

    REGION is a folder of tables; --sndlib, --topohub, --graph take a network without a region.
    """
