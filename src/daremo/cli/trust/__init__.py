"""``daremo trust``: is it genuine, unaltered, and who it says, one file a subverb."""

from __future__ import annotations

from typing import ClassVar

import click

from daremo.cli.main import Verbs


class Subverbs(Verbs):
    """The verbs of `trust`, each loaded when it is asked for."""

    PACKAGE: ClassVar[str] = "daremo.cli.trust"
    VERBS: ClassVar[dict[str, str]] = {
        "check": "Is this message, file, link or number really from the city?",
        "notice": "Make keys, register and sign an official message, write the snapshot that checks it offline.",
        "mail": "Judge a message: DKIM, SPF, DMARC and ARC, from the DNS answers given.",
        "posture": "See how well a domain is protected, and the next safe step; read DMARC reports.",
        "audit": "Prove that nothing in an exported journal was altered.",
        "credential": "Issue, verify and revoke badges and mandates as credentials.",
        "assurance": "Choose identity proofing and authentication: levels needed, who is shut out, what is best.",
        "exposure": "Match assets with advisories: who is affected, which services fall, what to do first.",
    }


@click.group(cls=Subverbs)
def trust() -> None:
    """No forged sender, no altered data, the right person, critical services that hold."""
