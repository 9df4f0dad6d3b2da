"""The canonical form (RDFC-1.0, as sorted N-Quads) of a credential.

Our own shapes are written straight out, byte for byte as PyLD writes them; every other shape goes through PyLD, with
limits, because a hostile graph can keep that algorithm busy for ever, and nothing may be dropped unsigned.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pyld import jsonld  # type: ignore[import-untyped]

from daremo.trust.credentials.contexts import OB3, VC2, UnknownContext, loader

MOST_BYTES, MOST_NODES, MOST_ALIKE, DEEPEST = 256_000, 2_000, 5, 40

_RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_V, _S, _W = "https://www.w3.org/2018/credentials#", "https://schema.org/", "https://w3id.org/security#"
_O = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
_ST = "https://www.w3.org/ns/credentials/status#"
_DATE_TIME = "^^<http://www.w3.org/2001/XMLSchema#dateTime>"
_MULTIBASE = f"^^<{_W}multibase>"
#: XMLSchema as the contexts of W3C and 1EdTech write it: with https, which no other RDF has.
_XSD = "https://www.w3.org/2001/XMLSchema#"

_PLAIN, _IRI, _NODE = "plain", "iri", "node"
#: What a term means: (predicate, kind or datatype suffix, shape of a node).
_Term = tuple[str, str, str]


def _text(iri: str) -> _Term:
    return f" <{iri}> ", _PLAIN, ""


_COMMON: dict[str, _Term] = {"name": _text(_S + "name"), "description": _text(_S + "description")}
_OB: dict[str, _Term] = {
    "image": (f" <{_O}image> ", _NODE, "image"),
    "narrative": _text(_O + "narrative"),
    "url": (f" <{_S}url> ", f"^^<{_XSD}anyURI>", ""),
    "inLanguage": _text(_S + "inLanguage"),
}
_CREDENTIAL: dict[str, _Term] = {
    **_COMMON,
    "issuer": (f" <{_V}issuer> ", _NODE, "issuer"),
    "validFrom": (f" <{_V}validFrom> ", _DATE_TIME, ""),
    "validUntil": (f" <{_V}validUntil> ", _DATE_TIME, ""),
    "credentialSubject": (f" <{_V}credentialSubject> ", _NODE, "subject"),
    "credentialStatus": (f" <{_V}credentialStatus> ", _NODE, "status"),
}
_BARE: dict[str, dict[str, _Term]] = {
    "credential": _CREDENTIAL,
    "issuer": _COMMON,
    "subject": {
        "statusPurpose": _text(_ST + "statusPurpose"),
        "encodedList": (f" <{_ST}encodedList> ", _MULTIBASE, ""),
    },
    "status": {
        "statusPurpose": _text(_ST + "statusPurpose"),
        "statusListIndex": _text(_ST + "statusListIndex"),
        "statusListCredential": (f" <{_ST}statusListCredential> ", _IRI, ""),
    },
    "proof": {
        "cryptosuite": (f" <{_W}cryptosuite> ", f"^^<{_W}cryptosuiteString>", ""),
        "created": (" <http://purl.org/dc/terms/created> ", _DATE_TIME, ""),
        "expires": (f" <{_W}expiration> ", _DATE_TIME, ""),
        "challenge": _text(_W + "challenge"),
        "domain": _text(_W + "domain"),
        "nonce": _text(_W + "nonce"),
        "verificationMethod": (f" <{_W}verificationMethod> ", _IRI, ""),
        "proofPurpose": (f" <{_W}proofPurpose> ", "purpose", ""),
    },
}
_BADGE: dict[str, dict[str, _Term]] = {
    "credential": {**_CREDENTIAL, **_OB, "awardedDate": (f" <{_O}awardedDate> ", "^^<xsd:dateTime>", "")},
    "issuer": {
        **_COMMON,
        **_OB,
        "phone": _text(_O + "phone"),
        "email": _text(_S + "email"),
    },
    "subject": {
        **_OB,
        "achievement": (f" <{_O}achievement> ", _NODE, "achievement"),
        "identifier": (f" <{_O}identifier> ", _NODE, "identity"),
        "role": _text(_O + "role"),
        "term": _text(_O + "term"),
        "activityStartDate": (f" <{_O}activityStartDate> ", f"^^<{_XSD}date>", ""),
        "activityEndDate": (f" <{_O}activityEndDate> ", f"^^<{_XSD}date>", ""),
    },
    "achievement": {
        **_COMMON,
        **_OB,
        "achievementType": _text(_O + "achievementType"),
        "criteria": (f" <{_O}Criteria> ", _NODE, "criteria"),
        "fieldOfStudy": _text(_O + "fieldOfStudy"),
        "humanCode": _text(_O + "humanCode"),
        "tag": _text(_S + "keywords"),
        "version": _text(_O + "version"),
    },
    "identity": {
        "hashed": (f" <{_O}hashed> ", f"^^<{_XSD}boolean>", ""),
        "identityHash": _text(_O + "identityHash"),
        "identityType": _text(_O + "identityType"),
        "salt": _text(_O + "salt"),
    },
    "criteria": {"narrative": _text(_O + "narrative")},
    "image": {"caption": _text(_S + "caption")},
    "status": _BARE["status"],
    "proof": _BARE["proof"],
}
#: Types that a node of each shape must bear, and the IRI of each.
_TYPES: dict[str, dict[str, str]] = {
    "credential": {
        "VerifiableCredential": _V + "VerifiableCredential",
        "BitstringStatusListCredential": _ST + "BitstringStatusListCredential",
    },
    "subject": {"BitstringStatusList": _ST + "BitstringStatusList"},
    "status": {"BitstringStatusListEntry": _ST + "BitstringStatusListEntry"},
    "proof": {"DataIntegrityProof": _W + "DataIntegrityProof"},
    "issuer": {},
}
_BADGE_TYPES: dict[str, dict[str, str]] = {
    "credential": {
        "VerifiableCredential": _V + "VerifiableCredential",
        "OpenBadgeCredential": _O + "OpenBadgeCredential",
        "AchievementCredential": _O + "OpenBadgeCredential",
    },
    "subject": {"AchievementSubject": _O + "AchievementSubject"},
    "achievement": {"Achievement": _O + "Achievement"},
    "identity": {"IdentityObject": _O + "IdentityObject"},
    "criteria": {"Criteria": _O + "Criteria"},
    "image": {"Image": _O + "Image"},
    "issuer": {"Profile": _O + "Profile"},
    "status": _TYPES["status"],
    "proof": _TYPES["proof"],
}
#: Nodes whose terms are defined outside any type, so that the type may be left out.
_UNTYPED = frozenset({("bare", "issuer"), ("badge", "criteria")})
_IRI_OK = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*:[!#-;=?-\[\]_a-z~]+\Z")
_STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ESCAPED = re.compile(r"[\\\t\n\r\"]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"'}


class _NotOurs(Exception):
    """The shape is not one of ours: PyLD decides."""


class BadShape(ValueError):
    """A document whose meaning cannot be signed: unknown terms or contexts, or more than is allowed."""


def canonical(
    document: Mapping[str, Any], more: Mapping[str, dict[str, Any]] | None = None, *, shape: str = "credential"
) -> bytes:
    """Canonical N-Quads of a document (with its ``@context``).

    Parameters
    ----------
    document : mapping
        JSON-LD.
    more : mapping
        Contexts beside those that ship, by address.
    shape : {"credential", "proof"}
        What the outermost node is.

    Raises
    ------
    BadShape
        Where a term is not defined (it would not be signed), a context is unknown, or a limit is passed.

    Source: W3C RDF Dataset Canonicalization 1.0.
    """
    if not more:
        try:
            return fast(document, shape)
        except _NotOurs:
            pass
    return slow(document, more)


def fast(document: Mapping[str, Any], shape: str = "credential") -> bytes:
    """Canonical N-Quads of one of our shapes.

    Raises
    ------
    _NotOurs
        Where the shape is another.
    """
    context = document.get("@context")
    if context == [VC2, OB3]:
        terms, types, kind = _BADGE, _BADGE_TYPES, "badge"
    elif context == [VC2] or context == VC2:
        terms, types, kind = _BARE, _TYPES, "bare"
    else:
        raise _NotOurs
    quads: list[str] = []
    blanks = _write(document, shape, terms, types, kind, quads)[1]
    if blanks > 1:  # with one blank node its name is settled, with more it is not
        raise _NotOurs
    return "".join(sorted(set(quads))).encode()


def _write(
    node: Mapping[str, Any],
    shape: str,
    terms: dict[str, dict[str, _Term]],
    types: dict[str, dict[str, str]],
    kind: str,
    quads: list[str],
) -> tuple[str, int]:
    own = terms.get(shape)
    if own is None:
        raise _NotOurs
    name = node.get("id")
    if name is None:
        if "id" in node:
            raise _NotOurs
        subject, blanks = "_:c14n0", 1
    else:
        if type(name) is not str or not _IRI_OK.match(name):
            raise _NotOurs
        subject, blanks = f"<{name}>", 0
    found = node.get("type")
    if found is None:
        if "type" in node or (kind, shape) not in _UNTYPED:
            raise _NotOurs
    else:
        known = types[shape]
        for one in found if type(found) is list else (found,):
            if type(one) is not str or one not in known:
                raise _NotOurs
            quads.append(f"{subject} {_RDF_TYPE} <{known[one]}> .\n")
        # the term of a type-scoped context counts only where that very type is named
        if (shape == "credential" and "VerifiableCredential" not in found) or not found:
            raise _NotOurs
    for key, value in node.items():
        if key in ("id", "type", "@context"):
            if key == "@context" and shape not in ("credential", "proof"):
                raise _NotOurs
            continue
        term = own.get(key)
        if term is None:
            raise _NotOurs
        predicate, how, inner = term
        values = value if type(value) is list else (value,)
        if not values:
            raise _NotOurs
        for one in values:
            if how == _NODE and isinstance(one, Mapping):
                name, more = _write(one, inner, terms, types, kind, quads)
                blanks += more
                quads.append(f"{subject}{predicate}{name} .\n")
            elif type(one) is str:
                quads.append(f"{subject}{predicate}{_object(one, how)} .\n")
            elif type(one) is bool and how.endswith("#boolean>"):
                quads.append(f'{subject}{predicate}"{"true" if one else "false"}"{how} .\n')
            else:
                raise _NotOurs
    return subject, blanks


def _object(value: str, how: str) -> str:
    if how in (_IRI, _NODE):
        if not _IRI_OK.match(value):
            raise _NotOurs
        return f"<{value}>"
    if how == "purpose":
        names = {"assertionMethod": "assertionMethod", "authentication": "authenticationMethod"}
        if value not in names:
            raise _NotOurs
        return f"<{_W}{names[value]}>"
    if _STRANGE.search(value):
        raise _NotOurs
    if _ESCAPED.search(value):
        value = _ESCAPED.sub(lambda m: _ESCAPES[m[0]], value)
    return f'"{value}"' if how == _PLAIN else f'"{value}"{how}'


def slow(document: Mapping[str, Any], more: Mapping[str, dict[str, Any]] | None = None) -> bytes:
    """Canonical N-Quads through PyLD, refusing what would be dropped and graphs that would never end.

    Raises
    ------
    BadShape
    """
    _bounded(document, 0)
    options = {"documentLoader": loader(more), "base": None}

    def dropped(name: Any) -> None:
        raise BadShape(f"term without a meaning: {name}")

    try:
        expanded = jsonld.expand(dict(document), options, on_property_dropped=dropped)
        _tame(expanded)
        text = jsonld.normalize(
            expanded, {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": loader(more)}
        )
    except BadShape:
        raise
    except UnknownContext as e:
        raise BadShape(f"unknown context {e}") from e
    except (jsonld.JsonLdError, RecursionError, TypeError, ValueError, AttributeError, KeyError) as e:
        cause: BaseException | None = e
        while cause is not None:
            if isinstance(cause, UnknownContext):
                raise BadShape(f"unknown context {cause}") from e
            if isinstance(cause, BadShape):
                raise cause from e
            cause = cause.__cause__
        raise BadShape("not JSON-LD that can be signed") from e
    return str(text).encode()


def _bounded(value: Any, depth: int) -> int:
    """Size of a value in letters; refuses what is too deep or too large before anything works on it."""
    if depth > DEEPEST:
        raise BadShape("too deep")
    if isinstance(value, Mapping):
        size = sum(len(str(k)) + _bounded(v, depth + 1) for k, v in value.items()) + 2
    elif isinstance(value, list):
        size = sum(_bounded(v, depth + 1) for v in value) + 2
    else:
        size = len(value) if isinstance(value, str) else 8
    if size > MOST_BYTES:
        raise BadShape("too large")
    return size


def _tame(expanded: Any) -> None:
    """Refuse explicit blank names, types that are no address, and many blank nodes that look alike."""
    alike: Counter[Any] = Counter()
    nodes = 0

    def walk(value: Any, place: str) -> Any:
        nonlocal nodes
        if isinstance(value, list):
            return tuple(walk(v, place) for v in value)
        if not isinstance(value, dict):
            return value
        if "@value" in value:
            return str(sorted(value.items(), key=str))
        nodes += 1
        if nodes > MOST_NODES:
            raise BadShape("too many nodes")
        name = value.get("@id")
        if isinstance(name, str) and name.startswith("_:"):
            raise BadShape("blank names are not allowed")
        if "@id" in value and not (isinstance(name, str) and _IRI_OK.match(name)):
            raise BadShape(f"not an address: {str(name)[:80]}")
        for kind in value.get("@type", []):
            if not _IRI_OK.match(str(kind)):
                raise BadShape(f"type without a meaning: {str(kind)[:80]}")
        inner = tuple((k, walk(v, k)) for k, v in sorted(value.items()) if k not in ("@id",))
        if name is None and not any(k in value for k in ("@list", "@set", "@graph")):
            own = tuple(
                (k, v) for k, v in inner if all(isinstance(x, str) for x in (v if isinstance(v, tuple) else (v,)))
            )
            alike[place, own] += 1
            if alike[place, own] > MOST_ALIKE:
                raise BadShape("too many nodes without a name that look alike")
        return name or "_:"

    walk(expanded, "")
