"""Keep what a compiled library prints away from stdout, which belongs to the answer."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def mute_libraries() -> Iterator[None]:
    """Send file descriptor 1 to nowhere for a while; HiGHS prints its banner there before it can be told not to."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what C has buffered must go nowhere too
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
