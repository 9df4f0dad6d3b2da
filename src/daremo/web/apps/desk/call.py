"""The state of one telephone call: everything that the page's form says, read anew at every step."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

SHOWN = 6
"""Free times shown at once."""

REMIND = ("phone", "sms", "letter", "none")
BY = ("self", "family", "carer")


@dataclass
class Call:
    """What was typed and chosen so far. The form holds it all, so that an ended session loses nothing."""

    who: str = ""
    person: str = ""
    name: str = ""
    kana: str = ""
    phone: str = ""
    by: str = "self"
    need: str = "unsure"
    needs: list[str] = field(default_factory=list)
    slot: str = ""
    hold: str = ""
    remind: str = "phone"
    agreed: bool = False
    shown: int = SHOWN
    stage: int = 0
    once: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @classmethod
    def read(cls, told: QueryDict | Mapping[str, Any]) -> Call:
        """Read the form; values that no choice offers fall back to the first choice."""

        def get(name: str, most: int = 80) -> str:
            return str(told.get(name, "") or "")[:most].strip()

        many = told.getlist("x") if isinstance(told, QueryDict) else list(told.get("x", ()))
        shown, stage = get("shown", 4), get("stage", 2)
        return cls(
            who=get("who"),
            person=get("p", 20),
            name=get("name", 60),
            kana=get("kana", 80),
            phone=get("phone", 24),
            by=get("by") if get("by") in BY else "self",
            need=get("need", 20) or "unsure",
            needs=[str(x)[:20] for x in many][:10],
            slot=get("slot", 20),
            hold=get("hold", 20),
            remind=get("n") if get("n") in REMIND else "phone",
            agreed=get("ok") == "1",
            shown=min(60, int(shown)) if shown.isdigit() else SHOWN,
            stage=min(4, int(stage)) if stage.isdigit() else 0,
            once=get("once", 64) or secrets.token_urlsafe(16),
        )


def next_field(call: Call, found: Sequence[str], slots: Sequence[str], do: str) -> str:
    """Return the id of the field that the keyboard goes to after the page was sent; sets ``call.stage``.

    Enter goes one block on: caller, person, errand, time, reading aloud; never past one that has no answer yet.

    Parameters
    ----------
    found, slots : sequence of str
        Numbers of the persons found and of the times shown.
    do : str
        The button that was pressed; ``search`` is also what Enter in a field sends.
    """
    if not call.who and not call.person:
        return "who"
    if not call.person:
        call.stage = 1
        return f"p{found[0]}" if found else "p-new"
    if call.person == "new" and not call.name:
        call.stage = 1
        return "name"
    if do == "more" and len(slots) > SHOWN:
        call.stage = 3
        return f"slot{slots[(len(slots) - 1) // SHOWN * SHOWN]}"
    if do == "pick" and call.slot:
        call.stage = 4
        return "ok"
    if do == "times":
        call.stage = 3
    elif call.stage < 2:
        call.stage = 2
        return f"need-{call.need}"
    elif call.slot:
        call.stage = 4
        return "ok"
    call.stage = 3
    return f"slot{call.slot or slots[0]}" if slots else "wait"
