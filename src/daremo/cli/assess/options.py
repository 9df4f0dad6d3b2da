"""Options that the verbs of `assess` share, and how they become answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.assess.model import Answers
    from daremo.assess.read import Asked

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]
MODELS = ("rasch", "2pl", "3pl", "grm", "gpcm", "nominal")


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    """ANSWERS and what a user can say about them."""
    made: tuple[Wrap, ...] = (
        click.argument("answers", type=click.Path(path_type=Path)),
        click.option(
            "--weight", default="", metavar="COLUMN", help="Survey weights (a column freq or 度数 is found by itself)."
        ),
        click.option(
            "--key",
            default="",
            metavar="A,B,…|FILE",
            help="Right answers in the order of the items, or a CSV item,key.",
        ),
        click.option("--ignore", multiple=True, metavar="COLUMN", help="Column of a wide table that is no item."),
        click.option("--skip-bad-rows", is_flag=True, help="Leave out answers with errors instead of stopping."),
    )
    for one in reversed(made):
        function = one(function)
    return function


model = click.option(
    "--model",
    type=click.Choice(MODELS),
    default="2pl",
    show_default=True,
    help='grm and gpcm take ordered answers; in nominal "don\'t know" is a category of its own.',
)


def read(
    path: Path, asked: dict[str, Any], *, model: str, group: str = "", covariates: tuple[str, ...] = ()
) -> Answers:
    """Answers as asked for.

    Raises
    ------
    UsageError, InputError
    """
    from daremo.assess.read import read_answers

    return read_answers(path, asked_of(asked, model=model, group=group, covariates=covariates))


def asked_of(asked: dict[str, Any], *, model: str, group: str = "", covariates: tuple[str, ...] = ()) -> Asked:
    """What the options say of the file."""
    from daremo.assess.read import Asked

    return Asked(
        group=group,
        covariates=covariates,
        weight=asked.get("weight") or "",
        key=_key(asked.get("key") or ""),
        ignore=asked.get("ignore") or (),
        apart=model == "nominal",
        two=model in ("2pl", "3pl") and not asked.get("key"),
        good_rows=bool(asked.get("skip_bad_rows")),
    )


def _key(text: str) -> dict[str, str] | list[str]:
    if not text:
        return []
    path = Path(text)
    if path.suffix.lower() in (".csv", ".parquet") or path.is_file():
        from daremo.assess.read import frame_of

        frame = frame_of(path)
        if frame.width < 2:
            raise UsageError("bad-key", "正答の表に列が足りません", "item,key の2列にしてください", text)
        return {str(a): str(b) for a, b in frame.select(frame.columns[:2]).iter_rows()}
    return [x.strip() for x in text.split(",")]


def areas_of(path: Path) -> dict[str, str]:
    """Area of each item, from a CSV ``item,area``.

    Raises
    ------
    UsageError
        ``no-area``.
    """
    from daremo.assess.read import frame_of

    frame = frame_of(path)
    if "item" not in frame.columns or "area" not in frame.columns:
        raise UsageError("no-area", "分野の表が読めません", "item,area の2列にしてください", str(path))
    return {str(i): str(a) for i, a in frame.select("item", "area").iter_rows() if i is not None and a is not None}


def bank_items(path: Path, area_file: Path | None) -> tuple[list[dict[str, Any]], tuple[str, ...], str]:
    """Items of a bank (JSON of calibrate -o, or CSV item,area,a,d) with their areas; names of the areas; model.

    Raises
    ------
    UsageError
        ``bad-bank``, ``no-area``.
    """
    from daremo.assess.read import frame_of

    model = "grm"
    if path.suffix.lower() == ".json":
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            items, model = [dict(i) for i in told["items"]], str(told.get("model", "2pl"))
        except (OSError, ValueError, KeyError, TypeError) as e:
            fix = "daremo assess calibrate -o で作った表を渡してください"
            raise UsageError("bad-bank", "問題の表が読めません", fix, str(path)) from e
    else:
        items = [{k: v for k, v in r.items() if v is not None} for r in frame_of(path).iter_rows(named=True)]
    if area_file is not None:
        area_of, frame = areas_of(area_file), frame_of(area_file)
        groups = dict(frame.select("item", "competence").iter_rows()) if "competence" in frame.columns else {}
        for i in items:
            name = str(i.get("item"))
            i["area"] = area_of.get(name, i.get("area", ""))
            if groups.get(name):
                i["competence"] = str(groups[name])
    for i in items:
        i.setdefault("area", "")
    return items, tuple(sorted({str(i["area"]) for i in items})), model


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a result whole or not at all."""
    from daremo.kernel.results import plain, write_whole

    text = json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False)
    write_whole(path, lambda p: put(p, text + "\n"))


def put(path: Path, text: str) -> None:
    """Write a text."""
    path.write_text(text, encoding="utf-8")
