"""The one binary heap of compiled kernels: two arrays, keys and nodes, with the least key first."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, inline="always")
def lay(key, node, size, k, v):  # type: ignore[no-untyped-def]
    """Lay node `v` with key `k` on a heap of `size` entries; returns the new size."""
    i = size
    while i > 0:
        up = (i - 1) // 2
        if key[up] <= k:
            break
        key[i], node[i] = key[up], node[up]
        i = up
    key[i], node[i] = k, v
    return size + 1


@njit(cache=True, nogil=True, inline="always")
def take(key, node, size):  # type: ignore[no-untyped-def]
    """Take the entry with the least key off a heap of `size` > 0 entries; returns the key, the node and the new size."""
    k, v = key[0], node[0]
    size -= 1
    last_k, last_v = key[size], node[size]
    i = 0
    while True:
        j = 2 * i + 1
        if j >= size:
            break
        if j + 1 < size and key[j + 1] < key[j]:
            j += 1
        if key[j] >= last_k:
            break
        key[i], node[i] = key[j], node[j]
        i = j
    key[i], node[i] = last_k, last_v
    return k, v, size
