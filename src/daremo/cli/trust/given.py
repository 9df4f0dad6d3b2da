"""What the verbs about mail, domains and credentials share: their problems in words, DNS answers, files within bounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from daremo.kernel.errors import InputError, Problem, Severity

if TYPE_CHECKING:
    from daremo.trust.mail.answers import Answers


def problem(
    code: str, file: str = "", *, row: int | None = None, value: str = "", severity: Severity = "error"
) -> InputError:
    """The error of a code in ``trust/tables/problem_codes.csv``."""
    from daremo.kernel.tables import rows_of

    words = next(r for r in rows_of("daremo.trust", "problem_codes") if r["code"] == code)
    return InputError([Problem(code, words["ja"], words["fix"], file, row, value=value[:200], severity=severity)])


def text_of(path: Path, code: str, most_bytes: int) -> str:
    """A text file within a bound; `code` where it is absent, too large or no text."""
    try:
        with path.open("rb") as stream:
            data = stream.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise problem(code, path.name)
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise problem(code, path.name) from e


def dns_answers(path: Path | None) -> Answers:
    """Answers of the DNS in a records file; nothing known without one."""
    from daremo.trust.mail.answers import MOST_BYTES, Answers, BadRecords, read_records

    if path is None:
        return Answers.none()
    try:
        return read_records(text_of(path, "no-records-file", MOST_BYTES))
    except BadRecords as e:
        raise problem("bad-records", path.name, row=e.line or None, value=str(e)) from e
