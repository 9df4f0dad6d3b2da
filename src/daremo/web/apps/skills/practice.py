"""Practice data: sittings of nobody, two persons who were measured twice, a diagnosis answered by twelve.

Drawn from one seed; answers follow the questions' own expected difficulty, so that figures look like figures.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from math import exp
from typing import Any

from django.apps import apps

from daremo.assess.content.read import content
from daremo.assess.content.records import DONT_KNOW, Item
from daremo.web.apps.diagnosis import services as diagnosis
from daremo.web.apps.journal.act import Act
from daremo.web.apps.skills import measure
from daremo.web.apps.skills import services as skills

SITTINGS = 60
STAGES = {"65_74": -0.1, "75_84": -0.6, "85_over": -1.2, "working": 0.6}


def practise(act: Act, organisation: Any, *, seed: int = 1) -> int:
    """Fill the check and the diagnoses of an organisation; return the number of sittings."""
    if not content().items:
        return 0
    dice = random.Random(seed)
    areas = list(apps.get_model("places", "Area")._default_manager.order_by("code")[:4])
    stages = list(STAGES)
    for n in range(SITTINGS):
        stage = stages[n % len(stages)]
        taken = _sat(dice, STAGES[stage] + dice.gauss(0, 0.7), stage)
        at = replace(act, now=act.now - timedelta(days=dice.randrange(40)))
        skills.count(at, organisation, taken, area=areas[n // len(stages) % len(areas)] if areas else None)
    people = apps.get_model("people", "Person")._default_manager
    for person in people.filter(organisation=organisation, life_stage__in=stages).order_by("pk")[:2]:
        for days, ability in ((40, -0.8), (2, 0.5)):
            at = replace(act, now=act.now - timedelta(days=days), channel="counter")
            skills.keep(
                at, person, replace(_sat(dice, ability, person.life_stage, 10), mode="assisted"), statistics=True
            )
    for kind in ("dx", "staff"):
        if diagnosis.asked(kind):
            row = diagnosis.open_round(act, organisation, kind)
            for _ in range(12):
                told = {
                    name: min(max(round(dice.gauss(0.55 * item.steps, 0.8)), 1), item.steps)
                    for name, item in diagnosis.asked(kind).items()
                }
                diagnosis.reply(act, row, told)
    return SITTINGS


def _sat(dice: random.Random, ability: float, stage: str, most: int = measure.LENGTH) -> skills.Taken:
    state = {**measure.begin(stage, {}, seed=str(dice.random())), "most": most}
    while (asked := measure.now_asked(state)) is not None:
        state = measure.give(state, asked.item, _answer(dice, ability, asked.item))
    return skills.Taken(measure.told(state), measure.profile(state), mode="kiosk", life_stage=stage)


def _answer(dice: random.Random, ability: float, item: Item) -> str:
    right = dice.random() < 1 / (1 + exp(-item.prior_a * (ability - item.prior_b)))
    if item.kind == "observe":
        return "3" if right else "1"
    return ">".join(map(str, item.key)) if right else DONT_KNOW
