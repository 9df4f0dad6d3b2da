"""Files from strangers within bounds: size, depth, number of values, unpacked size; entities and repeated keys refused."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from daremo.kernel.errors import InputError, Problem
from daremo.trust.problems import words

MOST_BYTES = 64_000_000
MOST_DEPTH = 64
MOST_VALUES = 3_000_000
MOST_FILES = 50_000
#: Unpacked bytes of one archive, all its files together.
MOST_UNPACKED = 256_000_000
# possessive, so that a text without an end is looked at once and not once for each of its letters
_TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},"]', re.DOTALL)


def refused(code: str, file: str, value: object = "", row: int | None = None, column: str = "") -> InputError:
    """The error of a code in ``problem_codes.csv`` about one file."""
    ja, fix = words(code)
    return InputError([Problem(code, ja, fix, file, row, column, str(value)[:200])])


def read_json(data: bytes, file: str) -> Any:
    """A JSON document, checked before it is built.

    Raises
    ------
    InputError
        ``exposure-too-large`` by bytes, values or depth; ``exposure-not-json`` where it is no JSON, repeats a key or
        holds NaN.
    """
    if len(data) > MOST_BYTES:
        raise refused("exposure-too-large", file, f"{len(data):,} bytes")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refused("exposure-not-json", file, "UTF-16")
    depth = values = 0
    for token in _TOKENS.finditer(data):
        sign = token.group()[:1]
        if sign in b"[{":
            depth += 1
            if depth > MOST_DEPTH:
                raise refused("exposure-too-large", file, f"depth > {MOST_DEPTH}")
        elif sign in b"]}":
            depth -= 1
        elif token.group() == b'"':
            raise refused("exposure-not-json", file, "text without an end")
        elif sign == b",":
            values += 1
            if values > MOST_VALUES:
                raise refused("exposure-too-large", file, f"> {MOST_VALUES:,} values")
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as e:
        raise refused("exposure-not-json", file, e) from e


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def read_xml(data: bytes, file: str) -> Element:
    """The root of an XML document without DTD and entities, at most `MOST_DEPTH` deep.

    Raises
    ------
    InputError
        ``exposure-too-large`` or ``exposure-xml``.
    """
    if len(data) > MOST_BYTES:
        raise refused("exposure-too-large", file, f"{len(data):,} bytes")
    depth = count = 0
    root: Element | None = None
    try:
        for event, element in iterparse(io.BytesIO(data), ("start", "end"), forbid_dtd=True):
            if event == "start":
                root = element if root is None else root
                depth, count = depth + 1, count + 1
                if depth > MOST_DEPTH or count > MOST_VALUES:
                    raise refused("exposure-too-large", file, f"depth {depth}, {count:,} elements")
            else:
                depth -= 1
    except (ParseError, DefusedXmlException, ValueError, LookupError) as e:
        raise refused("exposure-xml", file, type(e).__name__) from e
    if root is None:
        raise refused("exposure-xml", file)
    return root


def unpacked(data: bytes, file: str) -> Iterator[tuple[str, bytes]]:
    """The file itself, or what a gzip or zip holds, within bounds; archives inside archives are refused.

    Raises
    ------
    InputError
        ``exposure-archive`` where it is damaged, unpacks to too much, or holds an archive.
    """
    if len(data) > MOST_BYTES:
        raise refused("exposure-too-large", file, f"{len(data):,} bytes")
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                inner = stream.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as e:
            raise refused("exposure-archive", file, type(e).__name__) from e
        yield file, _plain(inner, file)
    elif data[:4] == b"PK\x03\x04":
        yield from _zip(data, file)
    else:
        yield file, data


def _zip(data: bytes, file: str) -> Iterator[tuple[str, bytes]]:
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = sorted((m for m in archive.infolist() if not m.is_dir()), key=lambda m: m.filename)
            if len(members) > MOST_FILES:
                raise refused("exposure-archive", file, f"{len(members):,} files")
            for member in members:
                with archive.open(member) as stream:  # the size in the header may lie: count what comes out
                    inner = stream.read(min(MOST_BYTES, MOST_UNPACKED - total) + 1)
                total += len(inner)
                if total > MOST_UNPACKED:
                    raise refused("exposure-archive", file, f"> {MOST_UNPACKED:,} bytes")
                yield f"{file}/{member.filename}", _plain(inner, file)
    # zipfile says NotImplementedError to a compression or version that it does not know, RuntimeError to a password
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as e:
        raise refused("exposure-archive", file, type(e).__name__) from e


def _plain(inner: bytes, file: str) -> bytes:
    if len(inner) > MOST_BYTES:
        raise refused("exposure-archive", file, f"> {MOST_BYTES:,} bytes")
    if inner[:2] == b"\x1f\x8b" or inner[:4] == b"PK\x03\x04":
        raise refused("exposure-archive", file, "archive inside an archive")
    return inner
