"""Register an official message: check that its links and numbers are the issuer's, code it, sign it, log it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from daremo.trust.keys import Fresh, Signer
from daremo.trust.log.journal import Journal
from daremo.trust.log.record import Event
from daremo.trust.notices.addresses import Link, link_of, links_in, mails_in, number_of, numbers_in
from daremo.trust.notices.code import new_code, shown
from daremo.trust.notices.letters import visible
from daremo.trust.notices.lookalike import Imitations
from daremo.trust.notices.model import BadNotice, Entry, Issuer, Notice, digest_of, sign

#: What a message says before its code.
CODE_LABEL = "確認コード"


def is_issuers_link(link: Link, issuer: Issuer, also: tuple[str, ...] = ()) -> bool:
    """Whether a link lies on a domain of the issuer, or is one of its exact links."""
    if link.odd:
        return False
    if Imitations(issuer.domains).is_own(link.host) or link.host in issuer.domains:
        return True
    return any(other is not None and link.same_as(other) for other in map(link_of, (*issuer.links, *also)))


def check_draft(notice: Notice, issuer: Issuer) -> None:
    """Refuse a draft that people could not check later.

    Raises
    ------
    BadNotice
        ``links`` or ``numbers`` where the text has one that is not listed as the issuer's or the notice's; ``text`` for
        letters that nobody sees.
    """
    plain, hidden = visible(notice.text)
    if hidden:
        raise BadNotice("text", "letters that nobody sees")
    for link in links_in(plain):
        if not is_issuers_link(link, issuer, notice.links):
            raise BadNotice("links", link.key)
    for address in mails_in(plain):
        if address.partition("@")[2] not in issuer.mail_domains and address not in issuer.links:
            raise BadNotice("mail_domains", address)
    own = {number_of(n) for n in (*issuer.numbers, issuer.phone, *notice.numbers)}
    for number in numbers_in(plain):
        if number not in own:
            raise BadNotice("numbers", number)


def register(
    notice: Notice,
    issuer: Issuer,
    signer: Signer,
    journal: Journal,
    taken: Callable[[str], bool],
    at_ms: int,
    fresh: Fresh,
    signs: Callable[[str], bool] = lambda day: True,
) -> Entry:
    """Sign and log a notice; the entry with its code.

    Parameters
    ----------
    taken : callable
        Whether a code is in use.
    at_ms : int, milliseconds since 1970 UTC
    fresh : callable
        Random bytes for the journal.
    signs : callable
        Whether the key signs on a day: nobody could check a notice that begins before its key or after it.

    Raises
    ------
    BadNotice
    """
    check_draft(notice, issuer)
    if not signs(notice.valid_from):
        raise BadNotice("valid_from", "a day on which this key does not sign")
    entry = sign(notice, new_code(digest_of(notice, ""), taken), signer)
    facts = {"code": entry.code, "key": entry.kid, "kind": notice.kind, "notice": entry.digest.hex()}
    if notice.supersedes:
        facts["supersedes"] = notice.supersedes
    number = journal.append([Event("notices", "registered", facts)], at_ms, fresh).start
    leaf = next(journal.store.leaves(number, number + 1)).decode()
    return replace(entry, index=number, leaf=leaf)


def withdraw(entry: Entry, journal: Journal, day: str, at_ms: int, fresh: Fresh, *, replaced_by: str = "") -> Entry:
    """Take a notice back from a day on, and log it."""
    facts = {"code": entry.code, "day": day, "notice": entry.digest.hex(), "replaced_by": replaced_by}
    journal.append([Event("notices", "withdrawn", facts)], at_ms, fresh)
    return replace(entry, withdrawn=day, replaced_by=replaced_by)


def as_sent(entry: Entry) -> str:
    """The words that go out: the text, and the code below it."""
    return f"{entry.notice.text}\n{CODE_LABEL} {shown(entry.code)}"
