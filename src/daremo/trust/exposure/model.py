"""What organisations run, what is known to be weak, and where the two meet."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

#: Severity assumed where an advisory gives none (of 10); said so on every finding.
UNKNOWN_SEVERITY = 5.0


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """A piece of software or equipment in an asset of an organisation.

    Attributes
    ----------
    type, namespace, name : str
        As in a package URL; type ``"generic"`` where only a name is known.
    also : tuple of str
        Other names under which advisories may know it (source package).
    distro : str
        Release of a distribution, e.g. ``"debian-12"``; "" where not known.
    node : str
        Node of the dependency graph that the asset is.
    exposed : bool
        Whether it can be reached from outside.
    """

    asset: str
    organisation: str
    type: str
    namespace: str
    name: str
    version: str
    also: tuple[str, ...] = ()
    distro: str = ""
    supplier: str = ""
    country: str = ""
    node: str = ""
    exposed: bool = False

    @property
    def label(self) -> str:
        """Name and version for people."""
        full = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{full} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Interval:
    """Versions from `low` to `high`; None is open, the flags say whether an end belongs to it."""

    low: str | None
    high: str | None
    low_in: bool = True
    high_in: bool = False


@dataclass(frozen=True, slots=True)
class Affected:
    """A product and its versions that an advisory is about.

    Attributes
    ----------
    type : str
        Type of a package URL; "" where the advisory only names a product.
    state : {"affected", "not", "possible"}
        ``not``: the advisory says that these are not affected; an exact version so cleared outweighs a range.
    order : str
        Ecosystem by whose rules a range without a package URL orders versions; "" where not said.
    """

    type: str
    namespace: str
    name: str
    vendor: str = ""
    distro: str = ""
    versions: tuple[str, ...] = ()
    intervals: tuple[Interval, ...] = ()
    excluded: tuple[str, ...] = ()
    every: bool = False
    state: Literal["affected", "not", "possible"] = "affected"
    fixed: tuple[str, ...] = ()
    order: str = ""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One weakness as one publisher tells it.

    Attributes
    ----------
    severity : float or None
        CVSS base score, 0 to 10; None where none is given.
    """

    id: str
    aliases: tuple[str, ...]
    title: str
    severity: float | None
    exploited: bool
    affected: tuple[Affected, ...]
    file: str = ""
    todo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A component that an advisory is, or may be, about.

    Attributes
    ----------
    state : {"affected", "possible"}
        ``possible``: name fits, but versions cannot be compared or are not known; a person must look.
    """

    component: Component
    advisory: str
    aliases: tuple[str, ...]
    title: str
    state: str
    why: str
    severity: float | None
    exploited: bool
    fixed: tuple[str, ...]
    todo: tuple[str, ...]


def plain_name(text: str) -> str:
    """A name as it is compared: NFKC, lower case, runs of other signs as one hyphen."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "-", folded).strip("-")


_FIRMS = {
    "inc",
    "corp",
    "corporation",
    "co",
    "ltd",
    "llc",
    "gmbh",
    "ag",
    "sa",
    "kk",
    "limited",
    "company",
    "foundation",
}


def plain_vendor(text: str) -> str:
    """A firm's name as it is compared: without its legal form."""
    folded = re.sub(r"株式会社|有限会社|合同会社|一般社団法人", " ", unicodedata.normalize("NFKC", text))
    return "-".join(w for w in plain_name(folded).split("-") if w not in _FIRMS)
