"""An export: whatever is altered in it is found and named, offline, and what is whole is called whole."""

from __future__ import annotations

import base64
import json
import random
import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.trust import timestamp
from daremo.trust.keys import COSIGNATURE, new_signer
from daremo.trust.log import note as notes
from daremo.trust.log.audit import Audit, audit
from daremo.trust.log.export import export, record_line
from daremo.trust.log.fork import fork_of
from daremo.trust.log.journal import STAMP, Journal
from daremo.trust.log.record import Event, leaf_of
from daremo.trust.log.store import Memory
from daremo.trust.log.witness import proves_fork
from tests.trust.log.journals import AT_MS, KEY, WITNESS, bytes_of, exported, filled

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
SMALL = exported(filled(9, every=4))
BYTES = b"".join(SMALL)


def lines_of(data: bytes) -> list[bytes]:
    """As a file gives its lines."""
    return re.findall(rb"[^\n]*\n|[^\n]+$", data)


def codes(found: Audit) -> set[tuple[str, int | None]]:
    return {(f.code, f.record) for f in found.findings}


def test_a_whole_export_is_whole_and_says_whether_its_key_is_known():
    known = audit(SMALL, [KEY.public])
    assert known.unaltered and known.key_known and known.size == 9 and known.personal == 5 and known.checkpoints == 3
    alone = audit(SMALL)
    assert alone.unaltered and not alone.key_known
    assert audit(exported(filled(9, every=4), personal=False), [KEY.public]).personal == 0


def test_every_line_is_json():
    assert [next(iter(json.loads(line))) for line in SMALL][:3] == ["format", "n", "personal"]


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(BYTES) * 8 - 1))
def test_any_flipped_bit_is_found_and_its_record_or_line_named(bit: int):
    at = bit // 8
    damaged = bytearray(BYTES)
    damaged[at] ^= 1 << bit % 8
    found = audit(lines_of(bytes(damaged)), [KEY.public])
    number = BYTES[:at].count(b"\n")
    record = re.match(rb'\{"n":(\d+)', SMALL[number]) or re.match(rb'\{"personal".*"n":(\d+),"salt', SMALL[number])
    assert not found.unaltered
    if record:
        assert int(record[1]) in {f.record for f in found.findings}
        # a flipped line end joins two lines: the neighbour is named too
        assert {f.record for f in found.findings} <= {int(record[1]), int(record[1]) + 1, None}
    else:
        assert number + 1 in {f.line for f in found.findings}


def test_a_record_whose_text_and_hash_were_both_written_anew_is_placed_between_checkpoints():
    leaf = leaf_of(Event("desk", "visit-kept", {"desk": "市役所", "visit": 99}), AT_MS, None)
    at = next(n for n, line in enumerate(SMALL) if line.startswith(b'{"n":5,'))
    found = audit([*SMALL[:at], record_line(5, leaf), *SMALL[at + 1 :]], [KEY.public])
    assert [(f.code, f.detail) for f in found.findings] == [("root-differs", "4..7")]


def test_removed_doubled_and_swapped_records_are_named():
    plain = exported(filled(9), personal=False)
    assert codes(audit(plain[:4] + plain[5:], [KEY.public])) == {("record-missing", 3)}
    assert codes(audit(plain[:5] + plain[4:], [KEY.public])) == {("record-extra", 3)}
    swapped = [*plain[:4], plain[5], plain[4], *plain[6:]]
    assert {n for _, n in codes(audit(swapped, [KEY.public]))} & {3, 4}
    assert ("record-missing", 8) in codes(audit(plain[:9] + plain[10:], [KEY.public]))


def test_a_file_that_was_cut_off_is_never_whole():
    for at in range(len(SMALL)):
        assert not audit(SMALL[:at], [KEY.public]).unaltered
        assert not audit(SMALL[:at]).unaltered


def test_an_export_made_anew_under_another_key_is_not_the_citys():
    other = new_signer(KEY.name, bytes_of("thief"))
    journal = Journal(Memory(), KEY.name)
    journal.append_leaves([b'{"a":1}'])
    journal.checkpoint(other)
    made = list(export(journal, [other.public]))
    assert {"key-unknown", "no-checkpoint"} == {f.code for f in audit(made, [KEY.public]).findings}
    assert audit(made).unaltered and not audit(made).key_known


def test_erased_personal_parts_leave_the_export_whole():
    journal = filled(9, every=4)
    journal.erase(4)
    found = audit(exported(journal), [KEY.public])
    assert found.unaltered and found.personal == 4


def test_what_was_removed_since_an_earlier_checkpoint_is_seen():
    journal = filled(9, every=4)
    earlier = journal.checkpoint(KEY)
    short = exported(filled(5))
    assert {f.code for f in audit(short, [KEY.public], earlier=[earlier]).findings} == {"older-than-seen"}
    journal.append([Event("desk", "x", {})], AT_MS, bytes_of("x"))
    journal.checkpoint(KEY)
    assert audit(exported(journal), [KEY.public], earlier=[earlier]).unaltered


def test_a_rewritten_past_is_proved_as_a_fork_from_the_export_and_one_old_checkpoint():
    earlier = filled(6).checkpoint(KEY)
    other = filled(12, personal=False)
    made = exported(other)
    found = audit(made, [KEY.public], earlier=[earlier])
    assert [(f.code, f.detail) for f in found.findings] == [("forked", "6")]
    fork = fork_of(made, earlier)
    assert fork is not None and proves_fork(fork, KEY.public)
    assert fork_of(made, other.checkpoint(KEY)) is None


def test_witnesses_count_only_where_the_caller_knows_them():
    journal = filled(3)
    note = journal.checkpoint(KEY)
    journal.keep_cosignature(note, notes.cosignature(notes.parse(note)[1], WITNESS, 1_795_000_100))
    made = exported(journal)
    found = audit(made, [KEY.public, WITNESS.public], least_witnesses=1)
    assert found.unaltered and found.witnesses == {WITNESS.name: 1_795_000_100}
    stranger = new_signer("village.x", bytes_of("v"), COSIGNATURE)
    for known in ([KEY.public], [KEY.public, stranger.public]):
        assert {f.code for f in audit(made, known, least_witnesses=1).findings} == {"too-few-witnesses"}


def test_time_stamps_are_checked_against_a_known_authority_only():
    authority = timestamp.OwnAuthority(bytes_of("tsa"), NOW)
    journal = filled(3)
    note = journal.checkpoint(KEY)
    journal.stamp(note, timestamp.request, lambda query: authority.answer(query, NOW))
    made = exported(journal)
    assert audit(made, [KEY.public], authorities=[authority.root_pem]).stamps == [
        {
            "size": 3, "holds": True, "at": "2026-11-28T09:00:00+00:00",
            "authority": "daremo test time-stamps (not accredited)", "test": True,
        }
    ]  # fmt: skip
    assert audit(made, [KEY.public]).stamps[0]["holds"] is None
    other = timestamp.OwnAuthority(bytes_of("other"), NOW)
    assert {f.code for f in audit(made, [KEY.public], authorities=[other.root_pem]).findings} == {"stamp-altered"}
    wrong = authority.answer(timestamp.request(b"another text"), NOW)
    journal.store.keep(STAMP, 3, base64.b64encode(wrong).decode())
    assert "stamp-altered" in {f.code for f in audit(exported(journal), [KEY.public]).findings}


def test_noise_is_refused_in_words_and_never_kills():
    rng = random.Random(3)
    for n in range(300):
        noise = rng.randbytes(rng.randint(0, 300))
        assert not audit(lines_of(noise), [KEY.public]).unaltered
        at = rng.randrange(len(SMALL))
        mixed = [*SMALL[:at], noise + b"\n", *SMALL[at + (n % 2) :]]
        assert not audit(mixed, [KEY.public]).unaltered
    deep = b'{"checkpoint":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    assert not audit([*SMALL[:-1], deep], [KEY.public]).unaltered


def test_an_export_of_many_records_names_one_flipped_bit_in_the_middle():
    journal = Journal(Memory(), KEY.name)
    journal.append_leaves([leaf_of(Event("desk", "k", {"n": n}), AT_MS, None) for n in range(20_000)])
    journal.checkpoint(KEY)
    made = exported(journal)
    line = bytearray(made[12_346])
    line[-5] ^= 4
    found = audit([*made[:12_346], bytes(line), *made[12_347:]], [KEY.public])
    assert [(f.code, f.record, f.line, f.detail) for f in found.findings] == [
        ("record-altered", 12_345, 12_347, "content")
    ]
