"""Names of packages as package URLs and OSV ecosystems write them."""

from __future__ import annotations

import re

from packageurl import PackageURL

from daremo.trust.exposure.model import plain_name

#: OSV ecosystem (before a colon) to type and namespace of a package URL.
ECOSYSTEMS = {
    "pypi": ("pypi", ""), "npm": ("npm", ""), "debian": ("deb", "debian"), "ubuntu": ("deb", "ubuntu"),
    "maven": ("maven", ""), "go": ("golang", ""), "crates.io": ("cargo", ""), "rubygems": ("gem", ""),
    "nuget": ("nuget", ""), "packagist": ("composer", ""), "alpine": ("apk", "alpine"), "hex": ("hex", ""),
    "red hat": ("rpm", "redhat"), "rocky linux": ("rpm", "rocky"), "almalinux": ("rpm", "almalinux"),
    "suse": ("rpm", "suse"), "opensuse": ("rpm", "opensuse"),
}  # fmt: skip
#: Types that an inventory may name without a package URL.
KNOWN_TYPES = {type for type, _ in ECOSYSTEMS.values()}
#: Types whose names are told apart only within a distribution.
DISTRIBUTIONS = {"deb", "rpm", "apk"}


def split(type: str, namespace: str, name: str) -> tuple[str, str]:
    """Namespace and name in one form for all writers of a type."""
    full = f"{namespace}/{name}" if namespace else name
    if type == "pypi":
        return "", re.sub(r"[-_.]+", "-", name).lower()
    if type == "maven":
        full = full.replace(":", "/")
    elif type not in DISTRIBUTIONS:
        full = full.lower()
    if type in DISTRIBUTIONS:
        return namespace.lower(), name.lower()
    space, _, last = full.rpartition("/")
    return space, last


def from_purl(text: str) -> tuple[str, str, str, str, tuple[str, ...], str] | None:
    """Type, namespace, name, version, other names and distribution of a package URL; None where it is none."""
    if len(text) > 2_000:
        return None
    try:
        purl = PackageURL.from_string(text)
    except ValueError:
        return None
    qualifiers = purl.qualifiers if isinstance(purl.qualifiers, dict) else {}
    namespace, name = split(purl.type, purl.namespace or "", purl.name)
    upstream = str(qualifiers.get("upstream", "")).partition("@")[0].lower()
    distro = str(qualifiers.get("distro", "")).lower()
    return purl.type, namespace, name, purl.version or "", (upstream,) if upstream else (), distro


def from_ecosystem(ecosystem: str, name: str) -> tuple[str, str, str, str]:
    """Type, namespace, name and distribution of an OSV package."""
    system, _, release = ecosystem.partition(":")
    type, namespace = ECOSYSTEMS.get(system.strip().lower(), ("generic", ""))
    if type in DISTRIBUTIONS:
        digits = re.search(r"[\d.]+", release)
        return type, namespace, name.lower(), f"{namespace}-{digits.group()}" if digits else ""
    if type == "generic":
        return type, "", plain_name(name), ""
    space, last = split(type, "", name)
    return type, space, last, ""
