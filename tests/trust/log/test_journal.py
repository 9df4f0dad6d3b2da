"""The journal: durable or not at all, erasable, shared commits, checkpoints, witnesses, forks."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from daremo.kernel.errors import Conflict, TrustError
from daremo.trust import timestamp
from daremo.trust.keys import BadKey, PublicKey, Signer, new_signer
from daremo.trust.log import note as notes
from daremo.trust.log.journal import Group, Journal
from daremo.trust.log.merkle import included, leaf_hash
from daremo.trust.log.note import BadNote, Checkpoint
from daremo.trust.log.record import BadFacts, Event, canonical, commitment, leaf_of
from daremo.trust.log.sqlite import SQLite
from daremo.trust.log.store import Memory
from daremo.trust.log.witness import Fork, ForkSeen, Witness, proves_fork
from tests.trust.log.journals import AT_MS, KEY, WITNESS, bytes_of, filled

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ09_-", max_size=6), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(PLAIN)
def test_our_canonical_form_is_that_of_rfc_8785(value: object):
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.5, {"い": 1}, 2**53, "\ud800", b"x", {1: 2}])
def test_what_has_no_one_canonical_form_is_refused_before_anything_is_written(value: object):
    journal = Journal(Memory(), "o")
    with pytest.raises(BadFacts):
        journal.append([Event("desk", "x", {"a": 1}), Event("desk", "x", {"a": value})], AT_MS, bytes_of("a"))
    assert journal.store.size() == 0


def test_the_leaf_holds_nothing_personal_and_erasing_keeps_every_proof(tmp_path: Path):
    store = SQLite(tmp_path / "j.sqlite")
    journal = Journal(store, "o")
    journal.append(
        [Event("desk", "booked", {"seat": 3}, {"name": "見本 花子", "n": k}) for k in range(5)], AT_MS, bytes_of("s")
    )
    leaf = next(store.leaves(2, 3))
    salt, data = store.personal(2) or (b"", b"")
    assert "花子".encode() not in leaf and commitment(salt, data).hex().encode() in leaf
    root, proof = journal.root(), journal.prove(2)
    assert journal.erase(2) and not journal.erase(2)
    assert store.personal(2) is None and store.personal(1) is not None
    assert journal.root() == root and included(2, 5, leaf_hash(leaf), proof, root) and journal.prove(2) == proof
    store.close()
    held = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert salt not in held and b'"n":2' not in held


def test_the_same_personal_part_twice_gives_two_commitments():
    journal = Journal(Memory(), "o")
    journal.append([Event("d", "k", {}, {"tel": "0000"})] * 2, AT_MS, bytes_of("s"))
    one, two = journal.store.leaves(0, 2)
    assert one != two


def test_a_journal_in_sqlite_goes_on_after_it_was_closed(tmp_path: Path):
    leaves = [b"%d" % n for n in range(1_000)]
    for at in range(0, 1_000, 300):
        store = SQLite(tmp_path / "j.sqlite")
        Journal(store, "o").append_leaves(leaves[at : at + 300])
        store.close()
    whole = Journal(Memory(), "o")
    whole.append_leaves(leaves)
    assert Journal(SQLite(tmp_path / "j.sqlite"), "o").root() == whole.root()


def test_a_commit_that_fails_leaves_nothing_behind(tmp_path: Path):
    store = SQLite(tmp_path / "j.sqlite")
    journal = Journal(store, "o")
    journal.append_leaves([b"a"])
    with pytest.raises(sqlite3.Error):
        journal.append_leaves([b"b", b"c"], [(0, b"s", b"d"), (0, b"s", b"d")])
    assert store.size() == 1 and journal.root() == leaf_hash(b"a")


def test_two_connections_never_get_the_same_number(tmp_path: Path):
    stores = [SQLite(tmp_path / "j.sqlite") for _ in range(2)]
    got = [Journal(stores[k % 2], "o").append_leaves([b"%d" % k]).start for k in range(20)]
    assert got == list(range(20))


def test_writers_in_threads_share_commits_and_each_gets_its_own_numbers(tmp_path: Path):
    class Counting(SQLite):
        commits = 0

        def put(self, first, leaves, tiles, personal):  # type: ignore[no-untyped-def]
            Counting.commits += 1
            super().put(first, leaves, tiles, personal)

    store = Counting(tmp_path / "j.sqlite")
    group = Group(Journal(store, "o"))
    got: dict[int, list[range]] = {k: [] for k in range(8)}

    def write(k: int) -> None:
        for n in range(25):
            got[k].append(group.append_leaves([b"%d/%d/a" % (k, n), b"%d/%d/b" % (k, n)]))

    threads = [threading.Thread(target=write, args=(k,)) for k in got]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    numbers = sorted(n for ranges in got.values() for r in ranges for n in r)
    assert numbers == list(range(400)) and Counting.commits <= 200
    leaves = list(store.leaves(0, 400))
    assert all(leaves[r[0]] == b"%d/%d/a" % (k, n) for k, ranges in got.items() for n, r in enumerate(ranges))


def test_when_a_shared_commit_fails_every_writer_hears_of_it():
    class Broken(Memory):
        def put(self, first, leaves, tiles, personal):  # type: ignore[no-untyped-def]
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Group(Journal(Broken(), "o")).append_leaves([b"a"])


def test_a_checkpoint_is_readable_and_bound_to_key_and_text():
    note = filled(5).checkpoint(KEY)
    checkpoint, body, _ = notes.parse(note)
    assert note.startswith("city.mihon.example/desk\n5\n") and checkpoint.size == 5 and checkpoint.body == body
    assert notes.signed_by(note, KEY.public)
    assert not notes.signed_by(note.replace("\n5\n", "\n6\n", 1), KEY.public)
    assert not notes.signed_by(note, new_signer(KEY.name, bytes_of("other")).public)
    for broken in ("", "x", note[:-1], note.replace("\n5\n", "\n05\n", 1), note.replace("— ", "- ")):
        with pytest.raises(BadNote):
            notes.parse(broken)


def test_the_note_format_is_that_of_go_checkpoints():
    """The example of C2SP signed-note: its key and its note verify."""
    key = PublicKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
        "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    body, _, below = text.rpartition("\n\n")
    name, _, data = below.removeprefix("— ").strip().partition(" ")
    import base64

    raw = base64.b64decode(data)
    assert name == key.name and raw[:4] == key.short and key.holds(raw[4:], (body + "\n").encode())


def test_a_key_survives_its_file_and_a_wrong_passphrase_opens_nothing():
    key = new_signer("city.mihon.example", bytes_of("k"))
    assert Signer.from_pem(key.to_pem()).public == key.public
    locked = key.to_pem(b"himitsu")
    assert Signer.from_pem(locked, b"himitsu").public == key.public
    for wrong in (None, b"x"):
        with pytest.raises(BadKey):
            Signer.from_pem(locked, wrong)
    assert PublicKey.parse(str(key.public)) == key.public
    for broken in ("", "a+b", str(key.public).replace("city", "town"), "a b+" + str(key.public)):
        with pytest.raises(BadKey):
            PublicKey.parse(broken)
    with pytest.raises(BadKey):
        new_signer("with space", bytes_of("k"))


def test_a_witness_cosigns_growth_and_refuses_what_is_older_or_unproved():
    journal, seen = filled(5), {}
    witness = Witness(WITNESS, seen)
    first = journal.checkpoint(KEY)
    line = witness.cosign(first, KEY.public, [], 100)
    journal.append([Event("desk", "x", {})] * 4, AT_MS, bytes_of("x"))
    second = journal.checkpoint(KEY)
    with pytest.raises(Conflict, match="続き"):
        witness.cosign(second, KEY.public, [], 101)
    both = journal.keep_cosignature(second, witness.cosign(second, KEY.public, journal.prove_growth(5), 102))
    assert notes.witnessed_by(both, [WITNESS.public]) == {WITNESS.name: 102}
    assert notes.witnessed_by(notes.with_signature(second, line), [WITNESS.public]) == {}
    with pytest.raises(Conflict):
        witness.cosign(first, KEY.public, [], 103)
    with pytest.raises(TrustError, match="署名"):
        witness.cosign(second, new_signer(KEY.name, bytes_of("o")).public, [], 104)


def test_two_histories_under_one_key_are_proved_to_anybody():
    one, two = filled(8), filled(8)
    rewritten = Journal(Memory(), KEY.name)
    leaves = list(two.store.leaves(0, 8))
    leaves[3] = leaf_of(Event("desk", "visit-cancelled", {}), AT_MS, None)
    rewritten.append_leaves([*leaves, b'{"later":1}'])
    witness = Witness(WITNESS, {})
    witness.cosign(one.checkpoint(KEY), KEY.public, [], 1)
    with pytest.raises(ForkSeen) as caught:
        proof = rewritten.prove_growth(8)
        witness.cosign(rewritten.checkpoint(KEY), KEY.public, proof, 2, prefix_root=rewritten.root(8))
    fork = caught.value.fork
    assert proves_fork(fork, KEY.public)
    assert not proves_fork(fork, WITNESS.public)
    assert not proves_fork(Fork(fork.first, fork.second, one.root(8), fork.proof), KEY.public)
    assert not proves_fork(Fork(fork.first, fork.second, fork.prefix_root, fork.proof[:-1]), KEY.public)


def test_two_roots_for_one_size_are_a_fork():
    a = notes.signed(Checkpoint("o", 1, leaf_hash(b"a")), KEY)
    b = notes.signed(Checkpoint("o", 1, leaf_hash(b"b")), KEY)
    other = notes.signed(Checkpoint("p", 1, leaf_hash(b"b")), KEY)
    assert proves_fork(Fork(a, b, leaf_hash(b"b"), ()), KEY.public)
    assert not proves_fork(Fork(a, a, leaf_hash(b"a"), ()), KEY.public)
    assert not proves_fork(Fork(a, other, leaf_hash(b"b"), ()), KEY.public)
    assert not proves_fork(Fork("rubbish", b, leaf_hash(b"b"), ()), KEY.public)


def test_an_absent_time_stamp_authority_holds_nothing_up_and_the_arrears_are_told():
    journal = filled(5)

    def absent(query: bytes) -> bytes:
        raise ConnectionError("no route")

    assert journal.stamp(journal.checkpoint(KEY), timestamp.request, absent) is None
    journal.append([Event("desk", "x", {})], AT_MS, bytes_of("x"))
    assert journal.unstamped() == 6
    assert journal.stamp(journal.checkpoint(KEY), timestamp.request, lambda query: b"token") == b"token"
    assert journal.unstamped() == 0
