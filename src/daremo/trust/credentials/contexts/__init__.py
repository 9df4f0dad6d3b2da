"""JSON-LD contexts that ship with the product; nothing else is ever loaded, least of all from the network."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

VC2 = "https://www.w3.org/ns/credentials/v2"
#: Data Model 1.1, for test suites only; nothing of ours is issued in it.
VC1 = "https://www.w3.org/2018/credentials/v1"
PROOFS = "https://w3id.org/security/data-integrity/v2"
OB3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"

#: Where a context is published → the file beside this one.
FILES = {
    VC2: "credentials-v2.json",
    VC1: "credentials-v1.json",
    OB3: "ob-v3p0-context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context.json": "ob-v3p0-context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": "ob-v3p0-context-3.0.2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": "ob-v3p0-context-3.0.1.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": "ob-v3p0-extensions.json",
    PROOFS: "security-data-integrity-v2.json",
    "https://w3id.org/security/multikey/v1": "security-multikey-v1.json",
}


class UnknownContext(ValueError):
    """A credential names a context that does not ship with the product."""


@functools.cache
def context_bytes(url: str) -> bytes:
    """The published bytes of a context.

    Raises
    ------
    UnknownContext
        Where it does not ship with the product.
    """
    if url not in FILES:
        raise UnknownContext(url[:200])
    return (resources.files(__package__) / FILES[url]).read_bytes()


@functools.cache
def _document(url: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(context_bytes(url))
    return found


def loader(more: Mapping[str, dict[str, Any]] | None = None) -> Callable[[str, Any], dict[str, Any]]:
    """A document loader for PyLD that knows the shipped contexts, and `more` where the caller brings some.

    Raises
    ------
    UnknownContext
        From the loader, for anything else.
    """

    def load(url: str, options: Any = None) -> dict[str, Any]:
        document = (more or {}).get(url)
        if document is None:
            document = _document(url)
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}

    return load
