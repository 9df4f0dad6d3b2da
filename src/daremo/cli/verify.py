"""``daremo verify``: a plan checked from the plan and the region alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from daremo.cli.frame import DONE, INPUT, Voice, example, verb
from daremo.kernel.errors import InputError, Problem, UsageError


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

    verdict = check(stated, load(where))
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


def show(voice: Voice, verdict: Any) -> None:
    """The verdict for a person: what was recomputed, what was stated, whether it holds."""
    for c in verdict.checks:
        mark = "○" if c["ok"] else "×"
        found = (
            ""
            if c["ok"]
            else voice(f"  計画 {c['stated']} / 計算 {c['found']}", f"  stated {c['stated']} / found {c['found']}")
        )
        voice.say(f"{mark} {c['name']}{found}")
    voice.say(
        voice("この計画の数は、すべて確かめられました。", "Every number of this plan holds.")
        if verdict.ok
        else voice(
            "この計画には、合わない数があります。×の行を見てください。",
            "This plan holds a number that is not right; see the lines with ×.",
        )
    )
