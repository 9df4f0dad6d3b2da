"""Ask for a notice without saying which: the asker sends the beginning of a digest and gets all entries that share it."""

from __future__ import annotations

import hashlib

from daremo.trust.notices.code import read_code
from daremo.trust.notices.letters import text_of
from daremo.trust.notices.registry import Registry

#: At least about so many notices share a prefix.
CROWD = 16


def question(text: str) -> str:
    """Digest (hexadecimal) of a code, or of a whole text by its keys; only its beginning is sent."""
    code = read_code(text)
    thing = f"code:{code}" if code else f"text:{text_of(text).keys}"
    return hashlib.sha256(f"daremo-lookup-1\n{thing}".encode()).hexdigest()


def prefix_length(notices: int, crowd: int = CROWD) -> int:
    """Hexadecimal digits to send, so that about `crowd` notices or more share them; 0 asks for all."""
    length = 0
    while notices / 16 ** (length + 1) >= crowd:
        length += 1
    return length


class Buckets:
    """Entries by the digests under which they can be asked for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._rows: list[tuple[str, int]] = []
        for i, code in enumerate(registry.codes):
            entry, _ = registry.read(i)
            self._rows += [(question(code), i), (question(entry.notice.text), i)]
        self._rows.sort()

    def answer(self, prefix: str) -> dict[str, list[int]]:
        """Rows by digest for all digests that begin with the prefix; the asker picks hers."""
        found: dict[str, list[int]] = {}
        for digest, row in self._rows:
            if digest.startswith(prefix):
                found.setdefault(digest, []).append(row)
        return found
