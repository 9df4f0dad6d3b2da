"""Look-alike domains, made by a program that shares nothing with ours; ordinary domains that must not be accused."""

from __future__ import annotations

import random
import re
from importlib import metadata

import dnstwist
import pytest

from daremo.trust.notices.addresses import host_of, link_of, links_in, number_of, numbers_in
from daremo.trust.notices.lookalike import Imitations

OWN = (
    "mihon-library.jp",
    "city-takamatsu.jp",
    "city.takamatsu.kagawa.jp",
    "city.mihon.lg.jp",
    "sanuki-kotsu.co.jp",
    "naoshima.net",
)
WORDS = ["login", "pay", "support", "secure", "tax", "jp"]
ENDINGS = ["com", "net", "info", "top", "xyz", "jp", "org"]


def _twisted(own: str) -> list[str]:
    made = dnstwist.Fuzzer(own, dictionary=WORDS, tld_dictionary=ENDINGS)
    made.generate()
    # lg.jp is given to public bodies only: a forger cannot have a name there
    return sorted(
        {d["domain"] for d in made.domains if not d["fuzzer"].startswith("*") and not d["domain"].endswith(".lg.jp")}
    )


@pytest.mark.parametrize("own", OWN)
def test_at_least_95_percent_of_look_alikes_are_flagged(own: str):
    found, made = Imitations([own]), _twisted(own)
    assert len(made) > 100
    assert sum(found.find(d) is not None for d in made) / len(made) >= 0.95


def _ordinary() -> set[str]:
    """Hosts named in what is installed here, and made-up Japanese names of firms and other municipalities."""
    text = " ".join(d.read_text("METADATA") or "" for d in metadata.distributions())
    hosts = set(re.findall(r"https?://([a-z0-9.-]+\.[a-z]{2,})", text.lower()))
    rng = random.Random(9)
    syllables = [a + b for a in ("", *"kstnhmyrwgzdb") for b in "aiueo"]

    def name(least: int) -> str:
        return "".join(rng.choice(syllables) for _ in range(rng.randint(least, 5)))

    hosts |= {name(2) + rng.choice((".jp", ".com", ".co.jp", "-city.jp", ".or.jp")) for _ in range(12_000)}
    return hosts | {f"city.{name(2)}{rng.choice(('.lg.jp', '.kagawa.jp'))}" for _ in range(3_000)}


def test_at_most_one_ordinary_domain_in_a_thousand_is_accused():
    hosts = _ordinary()
    found = [Imitations([own]) for own in OWN]
    accused = [(i.find(h), h) for i in found for h in hosts if i.find(h) is not None]
    assert len(hosts) > 10_000 and len(accused) / (len(hosts) * len(found)) <= 0.001, accused[:10]


def test_the_own_domain_and_what_lies_below_it_is_never_accused():
    own = Imitations(OWN)
    for host in (*OWN, *(f"www.{o}" for o in OWN), "a.b.city.mihon.lg.jp"):
        assert own.is_own(host) and own.find(host) is None
    assert not own.is_own("xcity.mihon.lg.jp") and not own.is_own("lg.jp")


@pytest.mark.parametrize(
    ("host", "how"),
    [
        ("city.mih0n.lg.jp", "look"), (host_of("c\u0456ty.mihon.lg.jp"), "look"), ("city.mihon.lg.jp.evil.test", "front"), ("city-mihon.com", "ending"),
        ("mihon-city.jp", "ending"), ("mihon-kyufukin.com", "words"), ("mihom.com", "slip"), ("mihnoo.com", ""), ("city.ota.lg.jp", ""),
        ("example.org", ""), ("library.jp", ""),
    ],
)  # fmt: skip
def test_why_a_domain_is_flagged(host: str, how: str):
    found = Imitations(["city.mihon.lg.jp"]).find(host)
    assert (found.how if found else "") == how


def test_links_are_read_as_browsers_read_them():
    def keys(text: str) -> list[str]:
        return [x.key for x in links_in(text)]

    assert keys("くわしくはhttps://city.mihon.lg.jp/kenkoまで。") == ["city.mihon.lg.jp/kenko"]
    assert keys("city.mihon.lg.jpをご覧ください") == ["city.mihon.lg.jp"]
    assert keys("(https://a.example/b_(c)). HTTP://A.EXAMPLE:80/") == ["a.example/b_(c)", "a.example"]
    assert keys("https://city.mihon.lg.jpみほん.evil.test/") != ["city.mihon.lg.jp"]
    assert keys("a@city.mihon.lg.jp") == [] and keys("12.5 1.2.3") == []
    odd = links_in("https://city.mihon.lg.jp@evil.test/x")[0]
    assert odd.host == "evil.test" and odd.odd
    http, https = link_of("http://a.example/x"), link_of("https://a.example/x")
    assert http and https and not http.same_as(https)


def test_numbers_are_read_in_every_way_of_writing():
    for text in (
        "087-839-2011",
        "（087）839-2011",
        "087 839 2011",
        "+81-87-839-2011",
        "０８７−８３９−２０１１",
        "tel:+81878392011",
        "+81 (0)87 839 2011",
    ):
        assert number_of(text) == "0878392011", text
    assert (
        number_of("#9110") == "#9110" and number_of("188") == "188" and number_of("abc") == "" == number_of("1234567")
    )
    assert numbers_in("電話 087-839-2011、または#9110 へ。12月18日 1,000円") == ("0878392011", "#9110")
