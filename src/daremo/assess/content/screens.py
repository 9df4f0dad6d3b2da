"""Simulated screens: where a finger may press, and what each place is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from daremo.assess.content.records import Text

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Place:
    """A place to press, in units of the drawing."""

    number: int
    x: float
    y: float
    width: float
    height: float
    label: Text


def places_of(svg: str) -> tuple[Place, ...]:
    """Return the places to press of a drawing: the first rectangle of each ``<g data-place="n">``, moved where its groups say.

    Raises
    ------
    ValueError
        The drawing cannot be read, or a place has no rectangle.
    """
    try:
        root = Xml.fromstring(svg)
    except Xml.ParseError as error:
        raise ValueError(str(error)) from error
    found: list[Place] = []

    def walk(node: Xml.Element, dx: float, dy: float) -> None:
        mx, my = _moved(node.get("transform", ""))
        dx, dy = dx + mx, dy + my
        number = node.get("data-place")
        if number:
            found.append(_place(node, int(number), dx, dy))
        for child in node:
            walk(child, dx, dy)

    walk(root, 0.0, 0.0)
    return tuple(sorted(found, key=lambda p: p.number))


def _place(node: Xml.Element, number: int, dx: float, dy: float) -> Place:
    rect = next(node.iter(f"{SVG}rect"), None)
    if rect is None:
        raise ValueError(f"place {number} has no rect")
    mx, my = _moved(rect.get("transform", ""))
    x, y, width, height = (float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
    label = Text(*(node.get(f"data-label-{language}", "") for language in ("ja", "easy", "en")))
    return Place(number, x + dx + mx, y + dy + my, width, height, label)


def _moved(transform: str) -> tuple[float, float]:
    found = re.fullmatch(r"\s*translate\(\s*([-\d.]+)[\s,]*([-\d.]*)\s*\)\s*", transform)
    if found:
        return float(found[1]), float(found[2] or 0)
    if transform.strip():
        raise ValueError(f"only translate() is read: {transform}")
    return 0.0, 0.0


def labels_of(svg: str) -> Mapping[int, Text]:
    """Return what each place is called; empty where the drawing cannot be read."""
    try:
        return {place.number: place.label for place in places_of(svg)}
    except ValueError:
        return {}


def size_of(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing, in its own units; two numbers, one of each."""
    box = re.search(r'viewBox="\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)\s*"', svg)
    return (float(box[1]), float(box[2])) if box else (320.0, 560.0)
