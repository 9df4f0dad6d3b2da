"""Practice data: what the verbs say of the sample town, and words of residents about their line.

``town/*.json`` hold the columns that `reading` keeps of these runs on the town of ``daremo sample town``:
``daremo network gaps town --challenges voices.csv`` (the words below), ``load town``, ``availability town``,
``upgrade town --limit 0.3 --failures links --years 10``, ``access town``, ``fail town``; each with ``--json``.
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from django.apps import apps

from daremo.web.apps.journal.act import Act
from daremo.web.apps.lines import services as lines
from daremo.web.apps.lines.models import Kind

#: Areas whose people speak up, and how many say slow and fine.
VOICES = {"a118": (12, 2), "a112": (12, 2), "a119": (12, 2), "a001": (12, 2), "a030": (12, 2)}
AS_OF = date(2026, 10, 1)


def practise(act: Act) -> int:
    """Load the answers about the sample town and count its residents' words; return the number of answers."""
    folder = files("daremo.web.apps.lines") / "town"
    for kind in Kind.values:
        row = lines.take(
            act, f"{kind}.json", (folder / f"{kind}.json").read_bytes(), source="見本の町の計算（架空）", as_of=AS_OF
        )
        lines.show(act, row)
    areas = apps.get_model("places", "Area")._default_manager.filter(code__in=VOICES).order_by("code")
    for area in areas:
        for outcome, people in zip(("slow", "fine"), VOICES[area.code]):
            for _ in range(people):
                lines.say(act, area, "fixed", outcome)
    return len(Kind.values)
