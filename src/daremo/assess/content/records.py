"""What the tables of the content hold, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("ja", "easy", "en")
#: Word for 「わからない」 among the answers of an item.
DONT_KNOW = "dont-know"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in plain Japanese, easy Japanese (with ruby marks) and English."""

    ja: str
    easy: str
    en: str

    def said(self, language: str) -> str:
        """Return the text in ``ja``, ``ja-easy`` or ``en``; Japanese where there is no other.

        >>> Text("水", "{水|みず}", "Water").said("ja-easy")
        '{水|みず}'
        """
        return {"ja-easy": self.easy, "easy": self.easy, "en": self.en}.get(language, self.ja) or self.ja


@dataclass(frozen=True, slots=True)
class Named:
    """A word of a list: a theme, a competence. `area` is 0 where it belongs to none."""

    key: str
    text: Text
    area: int = 0
    digcomp22: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One question for residents.

    Attributes
    ----------
    kind : str
        ``screen``, ``steps``, ``choice``, ``observe`` or ``self``.
    area : int
        0 for the first ladder, 1 to 5 for the areas of DigComp 3.0.
    key : tuple of int
        The right option, or the options in their right order.
    prior_b, prior_b_sd, prior_a : float, ability
        Difficulty and its spread, and slope, as experts guess them before anybody has answered.
    words : mapping of str to Text
        ``question``, ``hint``, ``option.1`` …, ``audio``, ``well``.
    """

    item: str
    kind: str
    area: int
    competence: str
    digcomp22: str
    theme: str
    event: str
    device: str
    level: int
    places: int
    key: tuple[int, ...]
    prior_b: float
    prior_b_sd: float
    prior_a: float
    picture: str
    source: str
    reading_grade: int
    purpose: str
    words: Mapping[str, Text]

    @property
    def options(self) -> tuple[Text, ...]:
        """The answers in their order, without 「わからない」."""
        return options_of(self.words)

    @property
    def categories(self) -> int:
        """How many scores an answer may have: 2 where one answer is right, more where part of it counts."""
        return {"steps": max(len(self.key), 2), "observe": 3, "self": 5}.get(self.kind, 2)

    def score(self, answer: str) -> int:
        """Return the score of an answer, 0 to ``categories - 1``.

        Parameters
        ----------
        answer : str
            ``"2"`` (an option), ``"2>1>3"`` (an order) or ``"dont-know"``, which scores 0.

        Raises
        ------
        ValueError
            The answer is none of this item.
        """
        if answer == DONT_KNOW:
            return 0
        told = tuple(int(part) for part in answer.split(">")) if answer.replace(">", "").isdecimal() else ()
        if self.kind == "steps":
            if sorted(told) != list(range(1, self.places + 1)):
                raise ValueError(answer)
            return order_score(told, self.key)
        if len(told) != 1 or not 1 <= told[0] <= self.places:
            raise ValueError(answer)
        return told[0] - 1 if self.kind in ("observe", "self") else int(told == self.key)


def order_score(told: tuple[int, ...], key: tuple[int, ...]) -> int:
    """Return how many neighbours of the right order stand so in the answer; all right is ``len(key) - 1``.

    >>> order_score((2, 1, 3), (2, 1, 3)), order_score((1, 3, 2), (2, 1, 3)), order_score((3, 1, 2), (2, 1, 3))
    (2, 1, 0)
    """
    right = set(zip(key, key[1:], strict=False))
    return sum(pair in right for pair in zip(told, told[1:], strict=False))


def options_of(words: Mapping[str, Text]) -> tuple[Text, ...]:
    """Return ``option.1`` … in order."""
    numbers = sorted(int(part.partition(".")[2]) for part in words if part.startswith("option."))
    return tuple(words[f"option.{n}"] for n in numbers)


@dataclass(frozen=True, slots=True)
class StaffItem:
    """One question on the digital competence of those who work; ``level`` has ordered statements, ``task`` an order of worth."""

    item: str
    part_of: str
    theme: str
    kind: str
    steps: int
    key: tuple[int, ...]
    prior_b: float
    prior_a: float
    source: str
    purpose: str
    words: Mapping[str, Text]

    def score(self, option: int) -> int:
        """Return the score of an option, 0 to ``steps - 1``: the best answer of a task has the highest."""
        return option - 1 if self.kind == "level" else len(self.key) - 1 - self.key.index(option)


@dataclass(frozen=True, slots=True)
class DiagnosisItem:
    """One question of a self-diagnosis of an organisation: ordered statements, the lowest first."""

    item: str
    diagnosis: str
    dimension: str
    steps: int
    weight: float
    next_step: str
    prior_b: float
    prior_a: float
    source: str
    words: Mapping[str, Text]

    def score(self, option: int) -> int:
        """Return the score of an option, 0 to ``steps - 1``."""
        return option - 1


@dataclass(frozen=True, slots=True)
class Goal:
    """Something a resident wants to do in life."""

    goal: str
    event: str
    areas: tuple[int, ...]
    themes: tuple[str, ...]
    stages: tuple[str, ...]
    text: Text


@dataclass(frozen=True, slots=True)
class Lesson:
    """A short lesson that prints on one sheet of A4."""

    lesson: str
    theme: str
    area: int
    competence: str
    level: int
    minutes: int
    goals: tuple[str, ...]
    stages: tuple[str, ...]
    words: Mapping[str, Text]

    @property
    def steps(self) -> tuple[Text, ...]:
        """What to do, in order."""
        numbers = sorted(int(part.partition(".")[2]) for part in self.words if part.startswith("step."))
        return tuple(self.words[f"step.{n}"] for n in numbers)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything, by key, in the order of the tables."""

    competences: Mapping[str, Named]
    themes: Mapping[str, Named]
    items: Mapping[str, Item]
    staff: Mapping[str, StaffItem]
    diagnosis: Mapping[str, DiagnosisItem]
    goals: Mapping[str, Goal]
    lessons: Mapping[str, Lesson]
