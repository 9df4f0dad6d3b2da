"""One family of errors: each says what happened, where, and what to do now.

The same object is rendered in the terminal, on a page, in JSON and as a mark in a spreadsheet,
so it carries facts, never layout. Exit codes are part of the public contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning", "question"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or doubtful, in somebody's input.

    Attributes
    ----------
    code : str
        Stable, documented identifier in kebab-case, e.g. ``"sum-mismatch"``.
    message : str
        What is wrong, as a sentence a city officer understands (Japanese first, plain).
    fix : str
        What to do now.
    file : str
        File as the user named it; ``""`` when it concerns no file.
    row : int | None
        Row as seen in Excel (the first line of the file is 1); None where no row is meant.
    column : str
        Heading as written in the file.
    value : str
        The offending value as written.
    severity : {"error", "warning", "question"}
        ``error``: the row was not used; ``warning``: used, but look; ``question``: a person must decide.
    """

    code: str
    message: str
    fix: str
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    severity: Severity = "error"

    def as_dict(self) -> dict[str, object]:
        """Fields in the documented order, ready for JSON."""
        d = asdict(self)
        order = ("code", "severity", "file", "row", "column", "value", "message", "fix")
        return {k: d[k] for k in order}

    def __str__(self) -> str:
        where = self.file
        if self.row is not None:
            where += f" {self.row}行め"
        if self.column:
            where += f"「{self.column}」"
        shown = f"（値: {self.value}）" if self.value else ""
        return f"[{self.code}] {where.strip()}: {self.message}{shown} → {self.fix}".replace("]  :", "]")


class DaremoError(Exception):
    """Base of all errors that daremo raises on purpose.

    Parameters
    ----------
    code : str
        Stable identifier in kebab-case.
    message : str
        What happened.
    fix : str
        What to do now.
    where : str
        File, row, option or setting it concerns.
    """

    exit_code = 3

    def __init__(self, code: str, message: str, fix: str, where: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.fix, self.where = code, message, fix, where

    def as_dict(self) -> dict[str, object]:
        """The documented JSON form."""
        return {"code": self.code, "message": self.message, "where": self.where, "fix": self.fix}

    def __str__(self) -> str:
        at = f"{self.where}: " if self.where else ""
        return f"[{self.code}] {at}{self.message} → {self.fix}"


class UsageError(DaremoError):
    """The command or call itself is wrong (exit code 2)."""

    exit_code = 2


class InputError(DaremoError):
    """Input that cannot be used: every problem found is collected and raised once (exit code 3)."""

    def __init__(self, problems: Sequence[Problem], code: str = "bad-input") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        first = self.problems[0]
        super().__init__(
            first.code if len(self.problems) == 1 else code,
            "\n".join(str(p) for p in self.problems),
            first.fix if len(self.problems) == 1 else "上の一つひとつを直して、もう一度お試しください。",
            first.file,
        )

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "problems": [p.as_dict() for p in self.problems]}

    def __str__(self) -> str:
        return "\n".join(str(p) for p in self.problems)


class NoAnswer(DaremoError):
    """The question has no answer (exit code 4)."""

    exit_code = 4


class Infeasible(NoAnswer):
    """No choice satisfies the conditions; `fix` names the smallest change that helps."""


class OutOfTime(NoAnswer):
    """Time ran out before any usable answer; carries the best so far.

    Attributes
    ----------
    best, bound, gap_share : float
        Best value found, proved bound, and (bound − best) / best.
    """

    def __init__(self, message: str, fix: str, best: float, bound: float, gap_share: float) -> None:
        super().__init__("out-of-time", message, fix)
        self.best, self.bound, self.gap_share = best, bound, gap_share


class Conflict(DaremoError):
    """Somebody else was faster, or a rule of the database forbids it; nothing was changed (exit code 3)."""


class TrustError(DaremoError):
    """A signature, digest or certificate does not hold (exit code 3)."""


class SetupError(DaremoError):
    """Something is missing on this machine; `fix` is the one command that installs it (exit code 3)."""
