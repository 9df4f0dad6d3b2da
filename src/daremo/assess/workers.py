"""Who works through the chunks of a file: this thread, a thread for each processor, or the workers of a Dask scheduler.

Source: none; results come in the order of the jobs, so that sums do not depend on who was quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from daremo.assess.parts import Mapper
from daremo.kernel.errors import SetupError, UsageError

ONE, THREADS = "one", "threads"


@contextmanager
def workers_on(scheduler: str = ONE) -> Iterator[Mapper]:
    """A mapper for `calibrate_stream`.

    Parameters
    ----------
    scheduler : str
        ``one``, ``threads``, or the address of a Dask scheduler (``tcp://host:port``), whose workers can read the file at
        the same path.

    Raises
    ------
    UsageError
        ``bad-scheduler`` where it is none of these.
    SetupError
        ``no-dask``, ``no-scheduler``.
    """
    if scheduler == ONE:
        yield map
    elif scheduler == THREADS:
        with ThreadPoolExecutor() as pool:
            yield pool.map
    elif "://" in scheduler:
        try:
            from distributed import Client
        except ImportError as e:
            fix = "pip install 'daremo[scale]'"
            raise SetupError("no-dask", "ほかの計算機で解くための部品がありません", fix, "--scheduler") from e
        try:
            client = Client(scheduler, timeout=10)
        except (OSError, ValueError) as e:
            fix = "アドレスを確かめてください"
            raise SetupError("no-scheduler", "計算機のまとめ役につながりません", fix, scheduler) from e
        with client:
            yield _over(client)
    else:
        fix = "one・threads か、まとめ役のアドレス（tcp://HOST:PORT）を書いてください"
        raise UsageError("bad-scheduler", f"知らない計算のしかたです: {scheduler}", fix, "--scheduler")


def _over(client: Any) -> Mapper:
    """Jobs as tasks of a Dask client; what they share is sent to each worker once a pass."""

    def mapper(work: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
        shared = client.scatter(work, broadcast=True, hash=False)
        waiting = [client.submit(_one, shared, job, pure=False) for job in jobs]
        for k, one in enumerate(waiting):
            yield one.result()
            # its sums are here: the worker need not keep them
            waiting[k] = None

    return mapper


def _one(work: Callable[[Any], Any], job: Any) -> Any:
    return work(job)
