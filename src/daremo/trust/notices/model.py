"""An official message, who issues them, and their signed forms."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast, get_args

import rfc8785

from daremo.trust.keys import PublicKey, Signer

Kind = Literal["sms", "mail", "letter", "site", "call"]
KINDS: tuple[str, ...] = get_args(Kind)
_SIGNED = b"daremo-notice-1\n"
LONGEST_TEXT, LONGEST_LINE, MOST_ITEMS = 20_000, 500, 100


class BadNotice(ValueError):
    """A notice or an issuer that cannot be; `field` says which part."""

    def __init__(self, field: str, message: str = "") -> None:
        super().__init__(f"{field}: {message}" if message else field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who speaks: what belongs to the city as a whole.

    Attributes
    ----------
    name : str
        As people read it.
    phone : str
        The number a person in doubt calls.
    domains : tuple of str
        Domains that are the city's own, with everything below them.
    links : tuple of str
        Addresses on hosts of others, exactly.
    numbers : tuple of str
        Telephone numbers.
    mail_domains : tuple of str
        Domains from which it sends mail.
    """

    name: str
    phone: str = ""
    domains: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    mail_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One official message, word by word as it is sent.

    Attributes
    ----------
    kind : {"sms", "mail", "letter", "site", "call"}
    department, audience, title : str
    text : str
        All words that people receive, the check code left out.
    valid_from, valid_until : str
        Dates (YYYY-MM-DD), both included.
    links, numbers : tuple of str
        Those in the text and those that belong to it (the number from which a campaign calls).
    supersedes : str
        Code of the notice that this one replaces.
    """

    kind: Kind
    title: str
    text: str
    valid_from: str
    valid_until: str
    department: str = ""
    audience: str = ""
    links: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    supersedes: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Fields as they are signed."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice in the register: signed, coded, logged.

    Attributes
    ----------
    notice : Notice
    code : str
        10 characters, see `code`.
    kid : str
        Key that signed.
    signature : bytes
    index : int
        Number of its record in the journal; −1 where it was not logged.
    leaf : str
        That record.
    withdrawn : str
        Date since when it no longer holds, or "".
    replaced_by : str
        Code of the notice that supersedes it, or "".
    """

    notice: Notice
    code: str
    kid: str
    signature: bytes
    index: int = -1
    leaf: str = ""
    withdrawn: str = ""
    replaced_by: str = ""

    @property
    def digest(self) -> bytes:
        """Names the notice in journal and QR."""
        return digest_of(self.notice, self.code)

    def signed_by(self, key: PublicKey) -> bool:
        """Whether this key signed notice and code."""
        return key.kid == self.kid and key.holds(self.signature, signed_bytes(self.notice, self.code))

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "notice": self.notice.as_dict(), "code": self.code, "kid": self.kid,
            "signature": base64.b64encode(self.signature).decode(), "index": self.index, "leaf": self.leaf,
            "withdrawn": self.withdrawn, "replaced_by": self.replaced_by,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Entry:
        """Read the documented JSON form.

        Raises
        ------
        BadNotice
        """
        try:
            return cls(
                notice_of(told["notice"]), str(told["code"]), str(told["kid"]),
                base64.b64decode(told["signature"], validate=True), int(told["index"]), str(told["leaf"]),
                str(told["withdrawn"]), str(told["replaced_by"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as e:
            raise BadNotice("entry", str(e)) from e


def signed_bytes(notice: Notice, code: str) -> bytes:
    """What the issuer signs: notice and code in canonical JSON (RFC 8785)."""
    return _SIGNED + rfc8785.dumps({"code": code, "notice": notice.as_dict()})


def digest_of(notice: Notice, code: str) -> bytes:
    """SHA-256 of what is signed."""
    return hashlib.sha256(signed_bytes(notice, code)).digest()


def sign(notice: Notice, code: str, signer: Signer) -> Entry:
    """The notice signed by the issuer's key; not yet logged."""
    return Entry(notice, code, signer.public.kid, signer.sign(signed_bytes(notice, code)))


def notice_of(told: Any) -> Notice:
    """A notice from JSON; everything that is wrong with its form is refused.

    Raises
    ------
    BadNotice
    """
    if not isinstance(told, dict):
        raise BadNotice("notice", "not an object")
    known = {f.name for f in fields(Notice)}
    for name in told:
        if name not in known:
            raise BadNotice(str(name)[:50], "unknown")
    values: dict[str, Any] = {}
    for name in known:
        value = told.get(name, "")
        if name in ("links", "numbers"):
            values[name] = _texts(name, value or [])
        elif not isinstance(value, str) or len(value) > (LONGEST_TEXT if name == "text" else LONGEST_LINE):
            raise BadNotice(name, "not text, or too long")
        else:
            values[name] = value
    for name in ("title", "text"):
        if not values[name].strip():
            raise BadNotice(name, "missing")
    if values["kind"] not in KINDS:
        raise BadNotice("kind", ", ".join(KINDS))
    for name in ("valid_from", "valid_until"):
        day_of(values[name], name)
    if values["valid_until"] < values["valid_from"]:
        raise BadNotice("valid_until", "before valid_from")
    _encodable(values)
    return Notice(**values)


def issuer_of(told: Any) -> Issuer:
    """An issuer from JSON.

    Raises
    ------
    BadNotice
    """
    if not isinstance(told, dict) or not isinstance(told.get("name"), str) or not told["name"].strip():
        raise BadNotice("name", "missing")
    lists = {k: _texts(k, told.get(k, [])) for k in ("domains", "links", "numbers", "mail_domains")}
    phone = told.get("phone", "")
    if not isinstance(phone, str):
        raise BadNotice("phone", "not text")
    _encodable({"name": told["name"], "phone": phone, **lists})
    return Issuer(told["name"], phone, **lists)


def day_of(text: str, field: str = "date") -> str:
    """The date, where it is one (YYYY-MM-DD).

    Raises
    ------
    BadNotice
    """
    from datetime import date

    try:
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError as e:
        raise BadNotice(field, "not a date YYYY-MM-DD") from e
    return text


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST_ITEMS:
        raise BadNotice(name, "not a list of texts")
    if not all(isinstance(x, str) and 0 < len(x) <= LONGEST_LINE for x in value):
        raise BadNotice(name, "not a list of texts")
    return tuple(cast("list[str]", list(value)))


def _encodable(values: dict[str, Any]) -> None:
    for name, value in values.items():
        for text in (value,) if isinstance(value, str) else value:
            try:
                text.encode()
            except UnicodeEncodeError as e:
                raise BadNotice(name, "broken letters") from e
