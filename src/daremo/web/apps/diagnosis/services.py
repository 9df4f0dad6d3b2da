"""Open a round, take replies without names, say how an organisation stands, compare it only where many are."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from daremo.assess.content.organisation import State, next_steps, state_of, step_curves
from daremo.assess.content.read import content
from daremo.assess.content.records import DiagnosisItem, StaffItem
from daremo.web.apps.diagnosis.models import Reply, Round
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act, of_a_resident
from daremo.web.days import TOKYO, day_of
from daremo.web.problems import conflict, refusal
from daremo.web.retention import kept

if TYPE_CHECKING:
    from daremo.web.apps.places.models import Organisation

#: Fewer organisations are never compared with, fewer people's own competence is never told to their employer.
ENOUGH = 10
#: Questions on one page.
A_PAGE = 5
Asked = DiagnosisItem | StaffItem


@cache
def asked(kind: str) -> dict[str, Asked]:
    """Return the questions of a diagnosis, by name, in their order."""
    told = content()
    if kind == "staff":
        return dict(told.staff)
    return {name: item for name, item in told.diagnosis.items() if item.diagnosis == kind}


def dimension_of(item: Asked) -> str:
    """Return the part of the diagnosis that a question belongs to."""
    return item.part_of if isinstance(item, StaffItem) else item.dimension


@cache
def dimensions(kind: str) -> tuple[str, ...]:
    """Return the parts of a diagnosis in their order."""
    return tuple(dict.fromkeys(dimension_of(item) for item in asked(kind).values()))


@cache
def pages(kind: str) -> tuple[tuple[str, tuple[Asked, ...]], ...]:
    """Return the pages on which a diagnosis is asked: its part and at most `A_PAGE` questions of it."""
    found = []
    for part in dimensions(kind):
        mine = [item for item in asked(kind).values() if dimension_of(item) == part]
        size = -(-len(mine) // (-(-len(mine) // A_PAGE)))
        found += [(part, tuple(mine[n : n + size])) for n in range(0, len(mine), size)]
    return tuple(found)


@cache
def _curves(kind: str) -> dict[str, dict[str, Any]]:
    """Curves by part and question."""
    found: dict[str, dict[str, Any]] = {part: {} for part in dimensions(kind)}
    for name, item in asked(kind).items():
        found[dimension_of(item)][name] = step_curves(item.prior_a, item.prior_b, item.steps)
    return found


def open_round(act: Act, organisation: Organisation, kind: str) -> Round:
    """Open a round of a diagnosis; one that is open already is kept.

    Raises
    ------
    DaremoError
        ``no-diagnosis``: there are no questions of that kind.
    """
    if not asked(kind):
        raise refusal("no-diagnosis", kind)
    found = Round.objects.filter(organisation=organisation, kind=kind, closed__isnull=True).first()
    if found is not None:
        return found
    row = Round(organisation=organisation, kind=kind, token=secrets.token_urlsafe(24), opened=day_of(act.now))
    return journal.save(act, "round.opened", row)


def close_round(act: Act, row: Round) -> Round:
    """Close a round; its link answers no more.

    Raises
    ------
    Conflict
        It was closed already.
    """
    return journal.move(act, "round.closed", row, {"closed": None}, closed=day_of(act.now))


def by_token(token: str) -> Round | None:
    """Return the open round of a link, or None."""
    rows = Round.objects.filter(token=token, closed__isnull=True).select_related("organisation")
    return rows.first()


def reply(act: Act, row: Round, answers: Mapping[str, int], *, once: str | None = None) -> Reply:
    """Take the answers of one person; sent twice, they count once. Who she is, is not kept, not even her account.

    Raises
    ------
    DaremoError
        ``no-answers``; ``bad-answer`` where a question or an option does not exist.
    Conflict
        ``round-closed``.
    """
    known = asked(row.kind)
    if not answers:
        raise refusal("no-answers")
    for name, option in answers.items():
        if name not in known or not 1 <= option <= known[name].steps:
            raise refusal("bad-answer", name)
    if once and (found := Reply.objects.filter(once=once).first()):
        return found
    today = day_of(act.now)
    nobody = replace(of_a_resident(datetime.combine(today, time(), TOKYO), act.channel), reason="diagnosis")
    try:
        with transaction.atomic():
            # a row that is locked and seen open, so that nothing comes after the close
            Round.objects.select_for_update().get(pk=row.pk, closed__isnull=True)
            return journal.save(nobody, "reply.given", Reply(round=row, on=today, answers=dict(answers), once=once))
    except Round.DoesNotExist:
        raise conflict("round-closed") from None
    except IntegrityError:
        return Reply.objects.get(once=once)


def _scores(row: Round) -> list[dict[str, int]]:
    known = asked(row.kind)
    return [
        {name: known[name].score(int(option)) for name, option in told.items() if name in known}
        for told in row.replies.order_by("pk").values_list("answers", flat=True)
    ]


def states_of(kind: str, scores: list[dict[str, int]]) -> dict[str, State]:
    """Return how an organisation stands in each part, from each person's scores."""
    return {part: state_of(scores, curves) for part, curves in _curves(kind).items()}


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that is worth while: the question it comes from, its words, how far the organisation is (0 to 1)."""

    item: DiagnosisItem
    at: float


@dataclass(frozen=True, slots=True)
class Result:
    """How an organisation stands.

    Attributes
    ----------
    people : int
    states : dict of str to State
        By part; empty where too few people answered to tell (competence of staff below ten).
    steps : list of NextStep
        At most three.
    """

    people: int
    states: dict[str, State]
    steps: list[NextStep]


def result_of(row: Round) -> Result:
    """Return how an organisation stands; what its people can do themselves only from ten people on."""
    scores = _scores(row)
    if not scores or (row.kind == "staff" and len(scores) < ENOUGH):
        return Result(len(scores), {}, [])
    steps: list[NextStep] = []
    if row.kind != "staff":
        items = {name: item for name, item in asked(row.kind).items() if isinstance(item, DiagnosisItem)}
        found = next_steps(
            scores,
            {n: i.weight for n, i in items.items()},
            {n: i.steps for n, i in items.items()},
            cost={n: cost_of(i) for n, i in items.items()},
        )
        steps = [NextStep(items[one.item], one.at) for one in found]
    return Result(len(scores), states_of(row.kind, scores), steps)


def cost_of(item: DiagnosisItem) -> int:
    """Return the class of cost of an item's next step, 1 (little) to 3 (much); 2 where the table does not say."""
    word = item.next_step.strip().lower()
    return {"free": 1, "low": 1, "small": 1, "1": 1, "medium": 2, "mid": 2, "2": 2, "high": 3, "large": 3, "3": 3}.get(
        word, 2
    )


@dataclass(frozen=True, slots=True)
class Peers:
    """Where other organisations stand in each part: the middle and the middle half (scale, 0 to 1)."""

    organisations: int
    quarter: dict[str, tuple[float, float, float]]


def peers_of(kind: str, *, without: int | None = None) -> Peers | None:
    """Return how the organisations of the latest rounds are spread; None below ten of them.

    Of an organisation the latest round with replies counts; the competence of staff counts from ten people on.
    """
    latest: dict[int, Round] = {}
    for row in Round.objects.filter(kind=kind, replies__isnull=False).distinct().order_by("opened", "pk"):
        latest[row.organisation_id] = row
    found: dict[str, list[float]] = {part: [] for part in dimensions(kind)}
    count = 0
    for organisation, row in latest.items():
        scores = _scores(row)
        if organisation == without or not scores or (kind == "staff" and len(scores) < ENOUGH):
            continue
        count += 1
        for part, state in states_of(kind, scores).items():
            found[part].append(state.scale)
    if count < ENOUGH:
        return None
    return Peers(count, {part: _quarters(values) for part, values in found.items()})


def _quarters(values: list[float]) -> tuple[float, float, float]:
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (place - low) * (ordered[high] - ordered[low])

    return at(0.25), at(0.5), at(0.75)


def keep_time(act: Act, today: date) -> int:
    """Remove replies of rounds that were closed more than five years ago; return how many."""
    rows = list(Reply.objects.filter(round__closed__lt=today - kept("diagnosis")))
    return journal.remove_many(act, "reply.expired", rows)
