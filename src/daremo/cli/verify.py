"""``daremo verify``: a plan checked from the plan and the region alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, INPUT, Voice, example, verb
from daremo.cli.mute import mute_libraries
from daremo.kernel.errors import InputError, Problem, UsageError

if TYPE_CHECKING:
    from daremo.cases.verify import Verdict


@click.command(epilog=example("daremo verify plan"))
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--region", type=click.Path(path_type=Path), help="The region, where it no longer lies where the plan says."
)
@verb
def verify(voice: Voice, plan: Path, region: Path | None) -> int:
    """Recompute everything in PLAN (plan.json or its folder) with code that shares nothing with the planner.

    Exit code 0 only if cost, capacity and people hold and the bound's certificate checks; 3 otherwise.
    """
    path = plan / "plan.json" if plan.is_dir() else plan
    stated = read_plan(path)
    where = region or path.parent / str(stated["region"].get("path", ""))
    if region is None and not stated["region"].get("path"):
        raise UsageError(
            "no-region-path", "計画に、地域のデータの場所が書かれていません", "--region で指定してください", str(path)
        )
    from daremo.cases.verify import verify as check
    from daremo.region.model import load

    region_ = load(where)
    with mute_libraries():
        verdict = check(stated, region_)
    voice.answer(
        verdict.as_dict() if hasattr(verdict, "as_dict") else {"ok": verdict.ok, "checks": list(verdict.checks)}
    )
    show(voice, verdict)
    return DONE if verdict.ok else INPUT


def read_plan(path: Path) -> dict[str, Any]:
    """A plan file as a dict.

    Raises
    ------
    InputError
        Where there is none, or it is no plan.
    """
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(stated, dict) or "daremo_plan" not in stated or not isinstance(stated.get("region"), dict):
            raise ValueError("not a plan")
        return stated
    except FileNotFoundError:
        problem = Problem("no-plan", "ここには計画（plan.json）がありません", "daremo plan で作ってください", str(path))
    except (OSError, ValueError):
        problem = Problem("damaged-plan", "計画のファイルが読めません", "daremo plan をやり直してください", str(path))
    raise InputError([problem])


def show(voice: Voice, verdict: Verdict) -> None:
    """The verdict for a person: what does not hold, or that all does; ``--json`` lists every check."""
    for c in verdict.checks:
        if not c.ok:
            voice.say(f"× {c.name}: {c.detail}")
    held = sum(c.ok for c in verdict.checks)
    voice.say(
        voice(
            f"この計画の数は、すべて確かめられました（{held}項目）。",
            f"Every number of this plan holds ({held} checks).",
        )
        if verdict.ok
        else voice(
            f"この計画には合わない数があります（{len(verdict.checks) - held}項目）。×の行を見てください。",
            f"This plan holds numbers that are not right ({len(verdict.checks) - held}); see the lines with ×.",
        )
    )
