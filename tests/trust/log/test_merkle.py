"""The tree: published vectors, and proofs at every size beside the definition written out."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from daremo.trust.log.journal import Journal
from daremo.trust.log.merkle import EMPTY, consistent, included, leaf_hash, node_hash, root_of
from daremo.trust.log.store import Memory


def plain_root(hashes: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1 as it is written."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node_hash(plain_root(hashes[:k]), plain_root(hashes[k:]))


def vectors(folder: Path) -> list[dict[str, object]]:
    return [json.loads(p.read_text()) for p in sorted(folder.rglob("*.json"))]


def b64(text: object) -> bytes:
    return base64.b64decode(str(text))


def test_all_published_vectors_are_judged_as_they_should(shared_data: Path):
    seen = 0
    for kind in ("inclusion", "consistency"):
        for v in vectors(shared_data / "merkle" / kind):
            proof = [b64(p) for p in (v["proof"] or [])]  # type: ignore[attr-defined]
            if kind == "inclusion":
                holds = included(v["leafIdx"], v["treeSize"], b64(v["leafHash"]), proof, b64(v["root"]))  # type: ignore[arg-type]
            else:
                holds = consistent(v["size1"], v["size2"], b64(v["root1"]), b64(v["root2"]), proof)  # type: ignore[arg-type]
            assert holds is not v["wantErr"], v["desc"]
            seen += 1
    assert seen == 196


def test_an_empty_tree_includes_nothing_and_begins_nothing():
    root = root_of([leaf_hash(b"a")])
    assert root_of([]) == EMPTY == plain_root([])
    assert not included(0, 0, EMPTY, [], EMPTY)
    assert not consistent(0, 1, EMPTY, root, []) and not consistent(0, 0, EMPTY, EMPTY, [])


def test_roots_and_proofs_of_every_size_equal_the_definition_however_the_records_came():
    leaves = [b"%d" % n for n in range(300)]
    hashes = [leaf_hash(x) for x in leaves]
    journal, at = Journal(Memory(), "o"), 0
    for step in (1, 2, 3, 50, 199, 7, 38):
        journal.append_leaves(leaves[at : at + step])
        at += step
    assert at == 300
    for size in (*range(1, 40), 63, 64, 65, 127, 128, 129, 255, 256, 257, 299, 300):
        root = plain_root(hashes[:size])
        assert journal.root(size) == root == root_of(hashes[:size])
        for n in {0, size // 3, size // 2, size - 1}:
            proof = journal.prove(n, size)
            assert included(n, size, hashes[n], proof, root)
            assert not included((n + 1) % size, size, hashes[n], proof, root) or size == 1
        for before in {1, size // 3 or 1, size // 2 or 1, size - 1 or 1, size}:
            proof = journal.prove_growth(before, size)
            assert consistent(before, size, plain_root(hashes[:before]), root, proof)
            assert not consistent(before, size, hashlib.sha256(b"x").digest(), root, proof)


def test_proofs_cross_tiles_of_256_and_their_parents():
    leaves = [b"%d" % n for n in range(66_000)]
    journal = Journal(Memory(), "o")
    journal.append_leaves(leaves[:65_000])
    journal.append_leaves(leaves[65_000:])
    hashes = [leaf_hash(x) for x in leaves]
    for size in (65_535, 65_536, 65_537, 66_000):
        root = root_of(hashes[:size])
        assert journal.root(size) == root
        for n in (0, 255, 256, 40_000, size - 1):
            assert included(n, size, hashes[n], journal.prove(n, size), root)
        for before in (1, 256, 257, 65_000):
            assert consistent(before, size, root_of(hashes[:before]), root, journal.prove_growth(before, size))


def test_a_proof_of_what_is_not_there_is_refused():
    journal = Journal(Memory(), "o")
    journal.append_leaves([b"a", b"b"])
    for wrong in (2, -1):
        with pytest.raises(LookupError):
            journal.prove(wrong)
    for size in (0, 3):
        with pytest.raises(LookupError):
            journal.prove_growth(size, 2)
