"""``daremo reach verify``: an answer checked against the question that lies beside it."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from daremo.cli.frame import DONE, INPUT, Voice, example, verb
from daremo.kernel.errors import InputError, Problem

#: Which check belongs to an answer: module, function, and whether the question is one object of its own.
CHECKS: dict[str, tuple[str, str, bool]] = {
    "access": ("daremo.reach.verify_access", "verify_access", False),
    "centre": ("daremo.reach.covering.verify", "verify_centre", False),
    "centrum": ("daremo.reach.verify_centrum", "verify_centrum", False),
    "cover": ("daremo.reach.verify", "verify_cover", False),
    "cover_everybody": ("daremo.reach.covering.verify", "verify_everybody", False),
    "cover_with_capacity": ("daremo.reach.cover_capacity", "verify_cover_with_capacity", False),
    "frontier": ("daremo.reach.verify_frontier", "verify_frontier", False),
    "hours": ("daremo.reach.staffing.check", "verify", True),
    "median": ("daremo.reach.verify", "verify_median", False),
    "median_with_capacity": ("daremo.reach.median_capacity", "verify_median_with_capacity", False),
    "rounds": ("daremo.reach.rounds_verify", "verify", True),
}
#: Fields of answer.json that must be the proof's own.
SAME = ("value", "bound", "gap_share", "method", "seed", "finished")


@click.command(epilog=example("daremo reach verify cover"))
@click.argument("answer", type=click.Path(path_type=Path))
@verb
def verify(voice: Voice, answer: Path) -> int:
    """Check ANSWER (a folder that daremo reach wrote with -o, or its answer.json) with code of its own.

    The open places, the value, the conditions and the bound's certificate are counted anew from the question kept in
    the folder. Exit code 0 only if all of it holds; 3 otherwise.
    """
    folder = answer if answer.is_dir() else answer.parent
    stated, proof = _read(folder / "answer.json"), _read(folder / "proof.json")
    faults = [*told_otherwise(stated, proof), *_check(folder, proof)]
    voice.answer({"ok": not faults, "verb": stated.get("verb"), "faults": faults})
    for fault in faults:
        voice.say(f"× {fault}")
    voice.say(
        voice("この答えには合わないところがあります。", "This answer does not hold.")
        if faults
        else voice("この答えは、すべて確かめられました。", "All of this answer holds.")
    )
    return INPUT if faults else DONE


def _read(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises
    ------
    InputError
        Where there is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    except FileNotFoundError:
        fix = "daremo reach に -o フォルダー を付けて作った答えを指定してください"
        raise InputError([Problem("no-answer-file", "ここには確かめられる答えがありません", fix, str(path))]) from None
    except (OSError, ValueError):
        pass
    raise InputError(
        [Problem("damaged-answer", "答えのファイルが読めません", "daremo reach をやり直してください", str(path))]
    )


def told_otherwise(stated: dict[str, Any], proof: dict[str, Any]) -> list[str]:
    """Where answer.json says something else than the answer that was proved."""
    from daremo.cli.reach.record import from_plain
    from daremo.kernel.results import canonical, sha256

    answer = from_plain(proof.get("answer"))
    own = answer.as_dict()
    faults = [
        f"answer.json の {k} が、証明された答えとちがいます" for k in SAME if not _alike(stated.get(k), own.get(k))
    ]
    places = getattr(answer, "open", None)  # access opens nothing
    if places is not None and (
        list(stated.get("open_index") or ()) != list(places) or len(stated.get("open") or ()) != len(places)
    ):
        faults.append("answer.json の open が、証明された答えとちがいます")
    faults += _points_told_otherwise(stated, own) if stated.get("verb") == "frontier" else []
    if stated.get("digest") != sha256(canonical({k: v for k, v in stated.items() if k != "digest"})):
        faults.append("answer.json は、書かれたあとで変えられています")
    return faults


def _points_told_otherwise(stated: dict[str, Any], own: dict[str, Any]) -> list[str]:
    """Where the points of a curve differ from those that were proved; their places are told by id, so by number here."""
    told, proved = list(stated.get("points") or ()), list(own.get("points") or ())
    same = len(told) == len(proved) and all(
        all(_alike(a.get(k), b[k]) for k in b if k != "open") and len(a.get("open") or ()) == len(b["open"])
        for a, b in zip(told, proved, strict=True)
    )
    return [] if same else ["answer.json の points が、証明された曲線とちがいます"]


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, float | int) and isinstance(b, float | int) and not isinstance(a, bool):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    return bool(a == b)


def _check(folder: Path, proof: dict[str, Any]) -> list[str]:
    """What the verb's own check finds."""
    from daremo.cli.reach.kept import read_trips
    from daremo.cli.reach.record import from_plain

    name = str(proof.get("check"))
    if name not in CHECKS:
        raise InputError(
            [Problem("damaged-answer", "答えの種類が分かりません", "daremo reach をやり直してください", name)]
        )
    module, function, whole = CHECKS[name]
    check: Callable[..., Any] = getattr(importlib.import_module(module), function)
    answer, question = from_plain(proof["answer"]), from_plain(proof["question"])
    if whole:
        return _told(check(question["question"], answer))
    return _told(check(answer, read_trips(folder / "question"), **question))


def _told(found: Any) -> list[str]:
    """What a check found, as sentences."""
    if hasattr(found, "claims"):
        return [f"{c.name} が合いません" for c in found.claims if not c.ok]
    if hasattr(found, "checks"):
        return [f"{c.name}: {c.detail}" for c in found.checks if not c.ok]
    return [x.message if isinstance(x, Problem) else str(x) for x in found]
