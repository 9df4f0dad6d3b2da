"""Write the reference in docs/look/ and docs/know/errors.md from the code itself; ``--check`` only compares.

python tools/reference.py [--check]
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from daremo.cases.assume import defaults
from daremo.cli.codes import codes
from daremo.cli.main import daremo
from daremo.kernel.tables import rows_of, schema
from daremo.region.model import TABLES, table_schema

DOCS = Path(__file__).resolve().parent.parent / "docs"
MADE = "<!-- Made by tools/reference.py (make docs). Do not edit: change the code or the table it comes from. -->\n"
EXIT_CODES = (
    (0, "done", "できた"),
    (1, "our mistake: send us the line that is printed", "こちらの不具合"),
    (2, "usage: the command line is not right", "書きかたのまちがい"),
    (3, "input problems, or a plan that does not hold, or something missing on this machine", "入力に直すところがある"),
    (4, "no answer exists for this budget and these conditions, or none was found in time", "答えがない"),
    (5, "interrupted; nothing is left half-written", "中断"),
)


def grid(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return (
        "\n".join("| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in line) + " |" for line in lines)
        + "\n"
    )


def leaves(
    command: click.Command, path: tuple[str, ...] = ("daremo",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every verb with its path, in the order of ``--help``."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*path, name))


def examples(command: click.Command) -> list[str]:
    """The example lines of a verb's help."""
    return [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("daremo ")]


def commands_page() -> str:
    """Every verb with usage, options and examples."""
    out = [MADE, "# Commands\n"]
    for path, command in leaves(daremo):
        context = click.Context(command, info_name=" ".join(path))
        out.append(f"## {' '.join(path)}\n\n{inspect.cleandoc(command.help or '')}\n")
        out.append("```\n" + command.get_usage(context).removeprefix("Usage: ") + "\n```\n")
        rows = [list(r) for p in command.params if (r := p.get_help_record(context))]
        out.append(grid(["option", "meaning"], [[f"`{a}`", b] for a, b in rows]))
        out.append("```sh\n" + "\n".join(examples(command)) + "\n```\n")
    out.append("## Exit codes\n\n" + grid(["code", "meaning"], [[str(c), en] for c, en, _ in EXIT_CODES]))
    out.append(
        "\nWith `--json` stdout holds one JSON document and nothing else; on failure it is "
        '`{"error": {code, message, where, fix, exit_code, problems[]}}`. Its fields: [contracts](../know/contracts.md).\n'
    )
    return "\n".join(out)


def tables_page() -> str:
    """Every region table with its columns."""
    out = [
        MADE,
        "# Tables of a region\n",
        "From the schema files `src/daremo/region/tables/*.csv`; only `areas`, `people` and `places` are compulsory. "
        "An Excel template of each: `daremo region template TABLE -o FILE.xlsx`.\n",
    ]
    for t in TABLES:
        rows: list[list[str]] = []
        for c in table_schema(t).columns:
            words = ", ".join(c.allowed)
            rows.append([f"`{c.column}`", c.ja, c.type, c.unit, "yes" if c.required else "", words, c.description])
        out.append(f"## {t}\n\n" + grid(["column", "日本語", "type", "unit", "required", "allowed", "meaning"], rows))
    kinds = rows_of("daremo.region", "place_kinds")
    out.append("## Kinds of places\n\n" + grid(list(kinds[0]), [list(k.values()) for k in kinds]))
    return "\n".join(out)


def reach_tables_page() -> str:
    """The tables that `daremo reach` reads, and every heading that is understood."""
    more = {(r["column"]): r["headings"].split("|") for r in rows_of("daremo.reach", "headings")}
    out = [
        MADE,
        "# Tables that reach reads\n",
        "From `src/daremo/reach/tables/*.csv`. CSV (any usual encoding), Excel, GeoJSON, Parquet and GeoParquet; headings are "
        "found by name in the first 30 rows, full-width or half-width, in any order. Beside the names below these are understood:\n",
    ]
    rows = [[f"`{k}`", "、".join(h)] for k, h in more.items()]
    out.append(grid(["column", "headings"], rows))
    for t, head in (("demand", "DEMAND"), ("places", "PLACES"), ("trips", "Trips (median and centre)")):
        rows = [
            [f"`{c.column}`", c.ja, c.type, c.unit, "yes" if c.required else "", c.description]
            for c in schema("daremo.reach", t).columns
        ]
        out.append(f"## {head}\n\n" + grid(["column", "日本語", "type", "unit", "required", "meaning"], rows))
    return "\n".join(out)


def assumptions_page() -> str:
    """Every default with range, source and certainty."""
    rows = [
        [
            f"`{a.key}`",
            a.life_stage,
            f"{a.value:g}",
            f"{a.low:g} – {a.high:g}",
            a.unit,
            a.certainty,
            a.ja,
            f"{a.year} {a.source}",
        ]
        for a in defaults()
    ]
    return "\n".join(
        [
            MADE,
            "# Assumptions\n",
            "Every default that a result may rest on. Certainty: **A** read in the source · **B** in a report of it · **C** computed from A or B · "
            "**D** from memory · **E** assumed: run at low and high in every plan. Change one with `--assume KEY:STAGE=VALUE`.\n",
            grid(["key", "stage", "value", "range", "unit", "certainty", "日本語", "source"], rows),
        ]
    )


def settings_page() -> str:
    """Every setting of the running service, and how often somebody may do something."""
    out = [
        MADE,
        "# Settings of the service\n",
        "Environment variables, from `src/daremo/web/tables/settings.csv`. With `DAREMO_MODE=production` the service refuses "
        "to start until everything marked **required** is set; `daremo desk check` lists what is missing or wrong. "
        "A name that begins with `DAREMO_` and is not here is refused too.\n",
    ]
    groups: dict[str, list[list[str]]] = {}
    for r in rows_of("daremo.web", "settings"):
        kind = f"{r['type']} {r['allowed']}".strip()
        needed = "**required**" if r["required_in_production"] == "yes" else ""
        default, example = (f"`{r[c]}`" if r[c] else "" for c in ("default", "example"))
        groups.setdefault(r["group"], []).append([f"`{r['name']}`", r["ja"], r["en"], kind, default, needed, example])
    head = ["setting", "日本語", "meaning", "type", "default", "in production", "example"]
    out += [f"## {group}\n\n" + grid(head, rows) for group, rows in groups.items()]
    limits = [
        [r["limit"], r["ja"], r["en"], f"{r['method']} `{r['view']}`", r["per"], r["count"], r["seconds"]]
        for r in rows_of("daremo.web.gate", "limits")
    ]
    head = ["limit", "日本語", "meaning", "what", "per", "at most", "in seconds"]
    out.append("## Limits\n\nBeyond a limit the answer is 429 with `Retry-After`.\n\n" + grid(head, limits))
    work = [[r["job"], r["ja"], r["en"], r["every_min"]] for r in rows_of("daremo.web", "jobs")]
    out.append("## Work of `daremo worker`\n\n" + grid(["job", "日本語", "meaning", "every minutes"], work))
    held = [[r["kept"], r["ja"], r["en"], r["days"]] for r in rows_of("daremo.web", "retention")]
    out.append(
        "## How long what is kept\n\nFrom `src/daremo/web/tables/retention.csv`; the worker's job `erase` does it, and the "
        "statistics stay equal. Bookings, visits and other counted records stay without a name.\n\n"
        + grid(["what", "日本語", "meaning", "days"], held)
    )
    return "\n".join(out)


def errors_page() -> str:
    """Exit codes and problem codes."""
    rows = [[f"`{r['code']}`", r["ja"], r["en"], r["fix"]] for r in sorted(codes().values(), key=lambda r: r["code"])]
    return "\n".join(
        [
            MADE,
            "# Exit codes and problem codes\n",
            grid(["exit code", "meaning", "日本語"], [[str(c), en, ja] for c, en, ja in EXIT_CODES]),
            "\nA problem carries `code, severity, file, row, column, value, message, fix`; `row` counts as Excel does. "
            "Severity: `error` the row was not used · `warning` used, but look · `question` a person must decide.\n",
            grid(["code", "何が", "what", "どうする"], rows),
        ]
    )


PAGES: dict[str, Any] = {
    "look/commands.md": commands_page,
    "look/tables.md": tables_page,
    "look/reach-tables.md": reach_tables_page,
    "look/assumptions.md": assumptions_page,
    "look/settings.md": settings_page,
    "know/errors.md": errors_page,
}


def stale() -> list[str]:
    """Pages that are not what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != page()
    ]


if __name__ == "__main__":
    if "--check" in sys.argv:
        if late := stale():
            sys.exit(f"out of date: {', '.join('docs/' + n for n in late)}. Run: make docs")
        print("docs/look and docs/know/errors.md are up to date")
    else:
        for name, page in PAGES.items():
            (DOCS / name).write_text(page(), encoding="utf-8")
