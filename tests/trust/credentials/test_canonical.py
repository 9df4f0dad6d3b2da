"""The fast canonical form beside PyLD's, and what must not be signed or would never end."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.trust.credentials import status
from daremo.trust.credentials.canonical import BadShape, _NotOurs, canonical, fast, slow
from daremo.trust.credentials.contexts import OB3, VC2, UnknownContext, loader
from tests.trust.credentials.made import CITY, LIST, METHOD, made

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ADDRESS = st.sampled_from(["urn:uuid:1", "urn:uuid:2", "did:web:a.jp", "https://x.jp/a?b=c#d", CITY])
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00+09:00", "", "x"])


def _one_or_more(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return inner | st.lists(inner, min_size=1, max_size=2)


IDENTITY = st.fixed_dictionaries(
    {"type": st.sampled_from(["IdentityObject", ["IdentityObject"]])},
    optional={"hashed": st.booleans(), "identityHash": WORDS, "identityType": WORDS, "salt": WORDS},
)
IMAGE = ADDRESS | st.fixed_dictionaries({"id": ADDRESS, "type": st.just("Image")}, optional={"caption": WORDS})
ACHIEVEMENT = st.fixed_dictionaries(
    {"id": ADDRESS, "type": st.sampled_from([["Achievement"], "Achievement"])},
    optional={
        "name": WORDS,
        "description": WORDS,
        "achievementType": WORDS,
        "criteria": st.fixed_dictionaries({"id": ADDRESS}, optional={"narrative": WORDS, "type": st.just("Criteria")})
        | ADDRESS,
        "tag": st.lists(WORDS, min_size=1, max_size=3),
        "image": IMAGE,
        "inLanguage": WORDS,
    },
)
SUBJECT = st.fixed_dictionaries(
    {"id": ADDRESS, "type": st.sampled_from([["AchievementSubject"], "AchievementSubject"])},
    optional={
        "achievement": ACHIEVEMENT,
        "identifier": IDENTITY | st.lists(IDENTITY, min_size=1, max_size=1),
        "role": WORDS,
        "activityStartDate": WORDS,
        "narrative": WORDS,
    },
)
PROFILE = ADDRESS | st.fixed_dictionaries(
    {"id": ADDRESS, "type": st.just(["Profile"])},
    optional={"name": WORDS, "phone": WORDS, "email": WORDS, "url": WORDS},
)
STATUS = st.fixed_dictionaries(
    {"id": ADDRESS, "type": st.just("BitstringStatusListEntry")},
    optional={
        "statusPurpose": WORDS,
        "statusListIndex": WORDS,
        "statusListCredential": ADDRESS,
    },
)
CREDENTIAL = st.fixed_dictionaries(
    {
        "id": ADDRESS,
        "@context": st.just([VC2, OB3]),
        "type": st.sampled_from(
            [
                ["VerifiableCredential", "OpenBadgeCredential"],
                ["VerifiableCredential", "AchievementCredential"],
                "VerifiableCredential",
            ]
        ),
    },
    optional={
        "issuer": PROFILE,
        "validFrom": TIMES,
        "validUntil": TIMES,
        "awardedDate": TIMES,
        "name": WORDS,
        "description": _one_or_more(WORDS),
        "credentialSubject": SUBJECT | st.lists(SUBJECT, min_size=1, max_size=2),
        "credentialStatus": _one_or_more(STATUS),
        "image": IMAGE,
    },
)


#: What may happen to a value anywhere: each must be refused by the fast form, or mean the same as with PyLD.
SPOILT = st.sampled_from(
    ["", "not an address", "a:ü", "_:b0", "a:<b>", None, 3, 1.5, True, [], {}, [[]], {"@value": "x", "@language": "ja"}]
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(p for k, v in pairs for p in _places(v, (*at, k)))]


def test_where_the_fast_form_answers_pyld_gives_the_very_same_bytes():
    taken = []

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(CREDENTIAL, st.data())
    def compared(document: dict[str, Any], data: st.DataObject) -> None:
        taken.append(_compare(document, data))

    compared()
    assert sum(taken) > 50  # else the comparison would have been an idle one


def _compare(document: dict[str, Any], data: st.DataObject) -> bool:
    document = copy.deepcopy(document)
    if data.draw(st.integers(0, 2)) == 0:
        at = data.draw(st.sampled_from(_places(document)[1:]))
        inner: Any = document
        for step in at[:-1]:
            inner = inner[step]
        spoilt = copy.deepcopy(data.draw(SPOILT))
        if data.draw(st.booleans()) and isinstance(inner, dict):
            inner[data.draw(st.sampled_from(["unheard", "@id", "@type", "https://schema.org/name", "proof"]))] = spoilt
        else:
            inner[at[-1]] = spoilt
    try:
        ours = fast(document)
    except _NotOurs:
        return False
    assert ours == slow(document)
    return True


def test_our_badges_lists_and_proof_options_take_the_fast_way():
    short = made(name="", until="", index=None)
    options = {
        "@context": [VC2, OB3],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
    }
    listing = status.list_credential(CITY, LIST, "2026-01-01T00:00:00Z", until="2027-01-01T00:00:00Z")
    awkward = made()
    awkward["name"] = 'a"b\\c\nd\te\r\u0085\u2028終'
    for document in (made(), short, listing, awkward, made(role="支援", start="2026-01-01", end="2026-01-02")):
        assert fast(document) == slow(document)
    assert fast(options, "proof") == slow(options)
    assert fast({**options, "@context": [VC2]}, "proof") == slow({**options, "@context": [VC2]})


def test_what_has_no_defined_meaning_is_refused_instead_of_dropped():
    for change in (
        {"nickname": "x"},
        {"type": ["VerifiableCredential", "Unheard"]},
        {"@context": [VC2, "https://unknown.example/v1"]},
        {"id": "no address"},
        {"issuer": {"id": CITY, "seal": "x"}},
    ):
        with pytest.raises(BadShape):
            canonical({**made(), **change})


def test_a_graph_that_would_never_end_and_a_deep_document_are_refused():
    alike = [{"type": "IdentityObject", "identityType": "name"}] * 12
    document = made(name="")
    document["credentialSubject"]["identifier"] = alike
    with pytest.raises(BadShape, match="alike"):
        canonical(document)
    document["credentialSubject"]["identifier"] = [{"id": "_:a", "type": "IdentityObject", "salt": "x"}]
    with pytest.raises(BadShape, match="blank"):
        canonical(document)
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    with pytest.raises(BadShape):
        canonical({**made(), "name": deep})
    with pytest.raises(BadShape):
        canonical({**made(), "narrative": "x" * 300_000, "unheard": 1})


def test_no_context_is_ever_loaded_from_elsewhere():
    with pytest.raises(UnknownContext):
        loader()("https://www.w3.org/ns/odrl.jsonld", {})
    assert loader({"https://own.example/v1": {"@context": {}}})("https://own.example/v1", {})["document"] == {
        "@context": {}
    }
