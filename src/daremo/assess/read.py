"""Answers from a file as people have it: long (person, item, answer) or wide (one column an item), CSV or Parquet.

Columns are found by heading, in Japanese or English. Every problem is collected with file, row, column and value.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from daremo.assess.model import Answers
from daremo.assess.read_rows import Roles, from_long, from_wide
from daremo.kernel.errors import InputError, Problem, UsageError
from daremo.kernel.tables import rows_of

PACKAGE = "daremo.assess"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says about the file.

    Attributes
    ----------
    group, weight : str
        Headings of the columns; ``""`` = none, or found by heading (weight). ``"area+stage"`` joins two columns.
    key : dict of str to str, or sequence of str
        Right answer of each item, by name or in the order of the columns; then an answer is right or wrong.
    covariates : sequence of str
        Columns of numbers or words that ability may depend on.
    ignore : sequence of str
        Columns of a wide table that are no items.
    two : bool
        The model knows right and wrong only: answers other than 0 and 1 are told row by row.
    apart : bool
        "Don't know" is a category of its own below all others, in items where 0 or wrong is an answer too.
    good_rows : bool
        Leave out what is wrong instead of stopping.
    """

    group: str = ""
    weight: str = ""
    key: Mapping[str, str] | Sequence[str] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    two: bool = False
    apart: bool = False
    covariates: Sequence[str] = ()
    good_rows: bool = False


def plain_heading(text: str) -> str:
    """A heading for comparison: NFKC, lower case, without spaces and signs."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def read_answers(path: Path, asked: Asked | None = None) -> Answers:
    """Read a file of answers.

    Parameters
    ----------
    path : Path
        ``.csv`` (UTF-8 or CP932, comma, semicolon or tab) or ``.parquet``.
    asked : Asked, optional

    Raises
    ------
    UsageError
        The file or a named column is not there, or the key does not fit.
    InputError
        Problems in the rows, unless only good rows are asked for.
    """
    asked = asked or Asked()
    frame = frame_of(path)
    name = path.name
    if frame.width == 0 or frame.height == 0:
        raise InputError([_problem("no-answers", name)])
    if "+" in asked.group and asked.group not in frame.columns:
        frame = joined(frame, asked.group, name)
    roles = roles_of(frame, asked, name)
    read = from_long if roles.item else from_wide
    answers = read(frame, roles, asked.key, two=asked.two, apart=asked.apart, name=name)
    wrong = [p for p in answers.problems if p.severity == "error"]
    if wrong and not asked.good_rows:
        raise InputError(wrong)
    return answers


def frame_of(path: Path) -> pl.DataFrame:
    """A file as a table; text columns for CSV, own types for Parquet.

    Raises
    ------
    UsageError
        ``no-such-file``.
    InputError
        ``unreadable-answers``.
    """
    if not path.is_file():
        raise UsageError("no-answers-file", "回答のファイルがありません", "場所と名前を確かめてください", str(path))
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pl.read_parquet(path)
        data = path.read_bytes()
        try:
            data.decode("utf-8-sig")
        except UnicodeDecodeError:
            data = data.decode("cp932").encode("utf-8")
        data = data.removeprefix(b"\xef\xbb\xbf")
        head = data.split(b"\n", 1)[0]
        mark = max(b",;\t", key=lambda c: head.count(c))
        _refuse_twice(data, chr(mark), path.name)
        return pl.read_csv(io.BytesIO(data), infer_schema=False, separator=chr(mark), truncate_ragged_lines=False)
    except pl.exceptions.NoDataError as e:
        raise InputError([_problem("no-answers", path.name)]) from e
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as e:
        raise InputError([_problem("unreadable-answers", path.name, value=str(e).splitlines()[0][:120])]) from e


def _refuse_twice(data: bytes, mark: str, name: str) -> None:
    """Two columns under one heading: nobody knows which is meant."""
    first = pl.read_csv(io.BytesIO(data), infer_schema=False, separator=mark, has_header=False, n_rows=1).row(0)
    heads = [str(h).strip() for h in first if h is not None and str(h).strip()]
    twice = [h for h in dict.fromkeys(heads) if heads.count(h) > 1]
    if twice:
        raise InputError([_problem("column-twice", name, value=h) for h in twice])


def joined(frame: pl.DataFrame, group: str, name: str) -> pl.DataFrame:
    """The table with two columns in place of one group: ``area+stage`` becomes ``area\tstage``; blank where either is."""
    parts = group.split("+")
    for part in parts:
        if part not in frame.columns:
            raise UsageError("no-such-column", f"列「{part}」がありません", "見出しを確かめてください", name)
    both = pl.concat_str([pl.col(p).cast(pl.String).str.strip_chars().replace("", None) for p in parts], separator="\t")
    return frame.with_columns(both.alias(group)).drop(parts)


def _problem(code: str, file: str, value: str = "") -> Problem:
    row = next(r for r in rows_of(PACKAGE, "problem_codes") if r["code"] == code)
    return Problem(code, row["ja"], row["fix"], file, value=value)


def roles_of(frame: pl.DataFrame, asked: Asked, name: str) -> Roles:
    """Which column is what."""
    known: dict[str, list[str]] = {}
    for r in rows_of(PACKAGE, "headings"):
        known[r["role"]] = [plain_heading(h) for h in r["headings"].split("|")]
    plain = {c: plain_heading(c) for c in frame.columns}

    def one(role: str, within: Sequence[str] = frame.columns) -> str:
        for heading in known[role]:
            for c in within:
                if plain[c] == heading:
                    return c
        return ""

    for column in (asked.group, asked.weight, *asked.covariates, *asked.ignore):
        if column and column not in frame.columns:
            fix = "見出しを確かめてください（" + "・".join(frame.columns[:8]) + "）"
            raise UsageError("no-such-column", f"列「{column}」がありません", fix, name)
    left = [c for c in frame.columns if c not in (asked.group, asked.weight, *asked.covariates, *asked.ignore)]
    person, item, answer = one("person", left), one("item", left), one("answer", left)
    count = one("count", left)
    if person and item and answer and len({person, item, answer}) == 3:
        return Roles(
            person, item, answer, asked.group, asked.weight or count, not asked.weight, (), tuple(asked.covariates)
        )
    columns = tuple(c for c in left if c not in (person, count))
    return Roles(person, "", "", asked.group, asked.weight or count, not asked.weight, columns, tuple(asked.covariates))
