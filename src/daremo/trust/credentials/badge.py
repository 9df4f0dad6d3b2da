"""Badges of daremo: a skill, a qualification to support others, an attendance (Open Badges 3.0 on VC 2.0).

A badge holds no name: the person is a random number, and a salted digest of the name lets her prove that it is hers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from daremo.trust.credentials import jose, status
from daremo.trust.credentials.contexts import OB3, VC2
from daremo.trust.credentials.integrity import add_proof
from daremo.trust.credentials.model import BadCredential, check_credential, is_url
from daremo.trust.credentials.times import seconds

Kind = Literal["skill", "qualification", "attendance"]

#: Our kinds in the vocabulary of Open Badges 3.0 (achievementType).
TYPES: dict[str, str] = {"skill": "Competency", "qualification": "Certification", "attendance": "Course"}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues: DID, name, and where to ask."""

    id: str
    name: str
    phone: str = ""
    url: str = ""

    def profile(self) -> dict[str, Any]:
        """The issuer as credentials name it."""
        found: dict[str, Any] = {"id": self.id, "type": ["Profile"], "name": self.name}
        if self.phone:
            found["phone"] = self.phone
        if self.url:
            found["url"] = self.url
        return found


@dataclass(frozen=True, slots=True)
class Achievement:
    """What was achieved.

    `criteria` says in plain words what a person had to do; `tags` are free words.
    """

    id: str
    kind: Kind
    name: str
    description: str
    criteria: str
    tags: tuple[str, ...] = ()
    lang: str = "ja"

    def node(self) -> dict[str, Any]:
        """The achievement as credentials name it."""
        found: dict[str, Any] = {
            "id": self.id,
            "type": ["Achievement"],
            "achievementType": TYPES[self.kind],
            "name": self.name,
            "description": self.description,
            "criteria": {"id": f"{self.id}#criteria", "narrative": self.criteria},
            "inLanguage": self.lang,
        }
        if self.tags:
            found["tag"] = list(self.tags)
        return found


def name_digest(name: str, salt: str) -> str:
    """The digest by which a person proves that a badge is hers: SHA-256 of name and salt."""
    return "sha256$" + hashlib.sha256((name + salt).encode()).hexdigest()


def badge(
    credential_id: str,
    issuer: Issuer,
    achievement: Achievement,
    person_id: str,
    valid_from: str,
    *,
    until: str = "",
    name: str = "",
    salt: str = "",
    status_list: str = "",
    index: int | None = None,
    start: str = "",
    end: str = "",
    role: str = "",
) -> dict[str, Any]:
    """An unsigned badge.

    Parameters
    ----------
    credential_id, person_id : str
        Random addresses (``urn:uuid:…``), never a number that means something elsewhere.
    valid_from, until : str
        Time stamps.
    name, salt : str
        Name of the person and a random salt; only their digest is written.
    status_list, index : str, int
        Where the status stands.
    start, end : str
        First and last day of an attendance (YYYY-MM-DD).
    role : str
        What a qualified person may do.

    Raises
    ------
    BadCredential
        Where a rule of the data model is broken.
    """
    subject: dict[str, Any] = {"id": person_id, "type": ["AchievementSubject"], "achievement": achievement.node()}
    if name:
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": name_digest(name, salt),
                "identityType": "name",
                "salt": salt,
            }
        ]
    for key, value in (("activityStartDate", start), ("activityEndDate", end), ("role", role)):
        if value:
            subject[key] = value
    document: dict[str, Any] = {
        "@context": [VC2, OB3],
        "id": credential_id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement.name,
        "issuer": issuer.profile(),
        "validFrom": valid_from,
        "awardedDate": valid_from,
        "credentialSubject": subject,
    }
    if until:
        document["validUntil"] = until
    if index is not None:
        document["credentialStatus"] = status.entry(status_list, index)
    if not all(map(is_url, (person_id, achievement.id))):
        raise BadCredential("bad-id", "credentialSubject")
    check_credential(document)
    return document


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed badge in both forms: JSON with a proof, and the token that fits on paper."""

    document: dict[str, Any]
    token: str


def issue(document: Mapping[str, Any], key: Ed25519PrivateKey, method: str, created: str) -> Issued:
    """Sign a credential in both forms.

    Raises
    ------
    BadCredential
        Where a rule of the data model is broken, or the time stamp is none.
    BadShape
        Where a term has no defined meaning.
    """
    check_credential(document)
    if seconds(created) is None:
        raise BadCredential("bad-time", "created")
    return Issued(add_proof(document, key, method, created), jose.sign(document, key, method))
