"""The command ``daremo``: one file a verb, each loaded only when it is called."""

from __future__ import annotations

import importlib
import signal
import sys
from types import FrameType
from typing import ClassVar

import click

from daremo import __version__
from daremo.cli.frame import run


class Verbs(click.Group):
    """A group that imports a verb's module when the verb is asked for, so that ``daremo`` starts at once."""

    PACKAGE: ClassVar[str] = "daremo.cli"
    VERBS: ClassVar[dict[str, str]] = {
        "sample": "Make the sample town みほん市.",
        "region": "Build, check and fill in a region: who lives where, and which places there are.",
        "gap": "See how many people are left behind, where and why.",
        "plan": "Choose what to buy for a budget, with a proved bound.",
        "reach": "Site support points and measure access, with proved bounds, on any table of places.",
        "assess": "Measure skills: calibrate questions, find unfair ones, simulate short tests, estimate areas.",
        "network": "Find who has no good line, what jams, what fails, and the cheapest way to better.",
        "trust": "Check senders, messages, records, credentials and exposed systems.",
        "audit": "Prove that nothing in an exported journal was altered.",
        "verify": "Check a plan from the plan and the region alone.",
        "check": "See whether the help worked: later answers, or areas helped at different times.",
        "serve": "Start the desk: pages to find and book help, with the sample town where nothing is there yet.",
        "worker": "Do what nobody waits for: messages, waiting lists, deletion when its time has come.",
        "migrate": "Bring the desk's database to this version's tables.",
        "backup": "Write everything the desk knows into one file, while it runs.",
        "restore": "Put a backup back.",
        "desk": "Check the settings of the desk; turn a plan into its sessions.",
        "assumptions": "List every default with its range, source and certainty.",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.VERBS:
            return None
        found = getattr(importlib.import_module(f"{self.PACKAGE}.{cmd_name}"), cmd_name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.VERBS.items()))


@click.group(
    cls=Verbs,
    epilog="Exit codes: 0 done · 1 our mistake · 2 usage · 3 input problems · 4 no answer exists · 5 interrupted.",
)
@click.version_option(__version__, prog_name="daremo")
def daremo() -> None:
    """誰も — see who is left out of digital life, plan what closes it, and prove it.

    Start with: daremo sample town && daremo gap town -o gap && daremo plan town --budget-yen 12000000 -o plan
    """


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line and leave with a documented exit code."""
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(run(daremo, sys.argv[1:]))


if __name__ == "__main__":
    main()
