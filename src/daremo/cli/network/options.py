"""Options that the verbs on backbones share: where the network comes from, what it carries, and where answers go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import Voice, problem_lines
from daremo.kernel.errors import Problem, UsageError

if TYPE_CHECKING:
    from daremo.network.model import Network

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


def network(function: Callable[..., Any]) -> Callable[..., Any]:
    """REGION, or a network from a file or the library topohub; and its demands where it states none."""
    made: tuple[Wrap, ...] = (
        click.argument("region", required=False, type=click.Path(path_type=Path)),
        click.option("--sndlib", type=click.Path(path_type=Path), help="A network in SNDlib's native format."),
        click.option("--topohub", metavar="NAME", help="A topology of topohub, e.g. sndlib/germany50 or polska."),
        click.option(
            "--graph",
            type=click.Path(path_type=Path),
            help="A network as JSON, GeoJSON, GraphML, or a folder of tables.",
        ),
        click.option(
            "--gravity-gbps",
            type=click.FloatRange(0, min_open=True),
            help="Total traffic (Gbit/s), shared by people at both ends, in place of the demands.",
        ),  # fmt: skip
        click.option(
            "--content-share",
            default=0.0,
            show_default=True,
            type=click.FloatRange(0, 1),
            help="With --gravity-gbps: share that comes from the nearest hub.",
        ),  # fmt: skip
        click.option(
            "--hub", "hubs", multiple=True, metavar="NODE", help="A hub besides those of the table; repeatable."
        ),
        click.option("--skip-bad-rows", is_flag=True, help="Leave out rows with errors instead of stopping."),
    )
    for one in reversed(made):
        function = one(function)
    return function


def read(asked: dict[str, Any], voice: Voice) -> Network:
    """The network asked for; what is doubtful in it is told.

    Raises
    ------
    UsageError, InputError
    """
    found, problems = read_told(asked)
    for line in problem_lines(problems, voice, 8):
        voice.say(line)
    return found


def read_told(asked: dict[str, Any]) -> tuple[Network, tuple[Problem, ...]]:
    """The network asked for, and what is doubtful in it.

    Raises
    ------
    UsageError
        Where none or several are named, or a hub is not known.
    InputError
        With every problem of the files.
    """
    from daremo.network.demand import gravity
    from daremo.network.read import read_graph, read_topohub

    ways = [k for k in ("region", "sndlib", "topohub", "graph") if asked.get(k)]
    if len(ways) != 1:
        fix = "REGION、--sndlib、--topohub、--graph のどれか1つを書いてください"
        raise UsageError("which-network", "どの網のことか決まりません", fix, " ".join(ways))
    good = bool(asked.get("skip_bad_rows"))
    if ways == ["topohub"]:
        found, problems = read_topohub(asked["topohub"])
    elif ways == ["region"]:
        found, problems = _of_region(asked["region"], good)
    else:
        found, problems = read_graph(asked[ways[0]], good_rows=good)
    found = _with_hubs(found, asked.get("hubs") or ())
    if asked.get("gravity_gbps"):
        found = gravity(found, asked["gravity_gbps"], content_share=asked.get("content_share") or 0.0)
    return found, problems


def _of_region(folder: Path, good: bool) -> tuple[Network, tuple[Problem, ...]]:
    from daremo.network.read import areas_of, read_region

    if not (folder / "manifest.json").is_file():
        return read_region(folder, good_rows=good)
    from daremo.region.model import load

    region = load(folder)
    return read_region(folder, areas=areas_of(region), name=region.name, good_rows=good)


def _with_hubs(found: Network, hubs: tuple[str, ...]) -> Network:
    lost = [h for h in hubs if h not in found.nodes.ids]
    if lost:
        fix = f"局コードを確かめてください（{'・'.join(found.nodes.ids[:8])} …）"
        raise UsageError("unknown-node", f"局「{lost[0]}」はありません", fix, "--hub")
    roles = tuple("hub" if i in hubs else r for i, r in zip(found.nodes.ids, found.nodes.roles, strict=True))
    return replace(found, nodes=replace(found.nodes, roles=roles)) if hubs else found


def need_demand(found: Network) -> None:
    """Stop where nothing flows.

    Raises
    ------
    UsageError
        ``no-demand``.
    """
    if not len(found.demands):
        fix = "backbone_demands の表を入れるか、--gravity-gbps 1000 のように総量を書いてください"
        raise UsageError("no-demand", "需要がありません", fix, found.name)


def write_answer(path: Path, value: dict[str, Any]) -> None:
    """An answer as JSON, whole or not at all."""
    from daremo.kernel.results import write_json

    write_json(path, value)


def write_network(path: Path, network: Network, values: dict[str, list[float]] | None = None) -> None:
    """A network by the ending of its name: .json, .geojson, .graphml, or SNDlib's text for .txt and .sndlib.

    Raises
    ------
    UsageError
        ``unknown-ending``.
    """
    import json

    from daremo.kernel.results import plain, write_whole
    from daremo.network import write

    ending = path.suffix.lower()
    if ending == ".json":
        text = json.dumps(plain(write.to_json(network)), ensure_ascii=False, indent=1) + "\n"
    elif ending == ".geojson":
        text = json.dumps(plain(write.to_geojson(network, values)), ensure_ascii=False) + "\n"
    elif ending == ".graphml":
        text = write.to_graphml(network)
    elif ending in (".txt", ".sndlib"):
        text = write.to_sndlib(network)
    else:
        fix = ".json・.geojson・.graphml・.txt（SNDlib）のどれかで終わる名前にしてください"
        raise UsageError("unknown-ending", "書き出す形が分かりません", fix, str(path))

    def fill(p: Path) -> None:
        p.write_text(text, encoding="utf-8")

    write_whole(path, fill)
