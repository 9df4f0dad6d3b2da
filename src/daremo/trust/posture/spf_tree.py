"""How many questions an SPF record asks, and what is weak in it, without any sender at hand."""

from __future__ import annotations

from dataclasses import dataclass

from daremo.trust.mail.answers import Dns, NotAnswered, name_of
from daremo.trust.mail.spf_terms import BadRecord, is_spf, read_record

MOST_RECORDS = 60


@dataclass(frozen=True, slots=True)
class SpfTree:
    """What an SPF record comes to.

    `lookups` counts terms that ask the DNS, over all records it draws in (10 are allowed); `ending` is the qualifier of
    ``all`` ("" without one); `services` are the names it includes; `problems` are codes.
    """

    text: str
    lookups: int
    ending: str
    services: tuple[str, ...]
    problems: tuple[str, ...]


def spf_tree(domain: str, dns: Dns) -> SpfTree | None:
    """The SPF record of a domain with all that it draws in; None where it has none.

    Raises
    ------
    NotAnswered
        Where the domain's own answer is unknown.
    """
    texts = [t for t in dns(domain, "TXT") if is_spf(t)]
    if not texts:
        return None
    problems: list[str] = ["spf-many"] if len(texts) > 1 else []
    services: list[str] = []
    ending = ""
    lookups = 0
    todo: list[tuple[str, str, tuple[str, ...]]] = [(domain, texts[0], (domain,))]
    read = 0
    while todo:
        name, text, path = todo.pop()
        read += 1
        if read > MOST_RECORDS:
            problems.append("spf-too-many-lookups")
            break
        try:
            record = read_record(text)
        except BadRecord:
            problems.append("spf-broken" if name == domain else "spf-include-broken")
            continue
        lookups += sum(t.name in ("include", "a", "mx", "ptr", "exists") for t in record.terms) + bool(record.redirect)
        if any(t.name == "ptr" for t in record.terms):
            problems.append("spf-ptr")
        own_all = next((t.qualifier for t in record.terms if t.name == "all"), "")
        if name == domain or (not ending and path[-1] == "redirect"):
            ending = own_all
        if any(t.network is not None and t.qualifier == "+" and t.network.prefixlen == 0 for t in record.terms):
            problems.append("spf-everybody")
        targets = [(t.domain, "include") for t in record.terms if t.name == "include"]
        if record.redirect and not own_all:
            targets.append((record.redirect, "redirect"))
        for target, how in targets:
            if "%" in target:
                continue
            at = name_of(target)
            services.append(at)
            if at in path:
                problems.append("spf-circle")
                continue
            try:
                found = [t for t in dns(at, "TXT") if is_spf(t)]
            except NotAnswered:
                problems.append("spf-include-unknown")
                continue
            if len(found) != 1:
                problems.append("spf-include-missing")
            else:
                if how == "include" and read_all(found[0]) == "+":
                    problems.append("spf-everybody")
                todo.append((at, found[0], (*path, at, how)))
    if lookups > 10:
        problems.append("spf-too-many-lookups")
    if ending == "+":
        problems.append("spf-everybody")
    elif ending in ("?", ""):
        problems.append("spf-open-ended")
    elif ending == "~":
        problems.append("spf-soft")
    return SpfTree(texts[0], lookups, ending, tuple(dict.fromkeys(services)), tuple(dict.fromkeys(problems)))


def read_all(text: str) -> str:
    """Qualifier of ``all`` in a record, "" without one or where it is broken."""
    try:
        return next((t.qualifier for t in read_record(text).terms if t.name == "all"), "")
    except BadRecord:
        return ""
