"""``daremo sample``."""

from __future__ import annotations

from pathlib import Path

from daremo.region.model import load


def test_the_sample_town_is_a_region_with_as_many_people_as_asked(daremo, tmp_path: Path):
    ran = daremo("sample", tmp_path / "town", "--people", 1000, "--json")
    assert ran.code == 0 and ran.err == ""
    region = load(tmp_path / "town")
    assert ran.json["people"] == region.people_total() == 1000
    assert ran.json["digest"] == region.digest


def test_the_same_seed_gives_the_same_bytes(daremo, tmp_path: Path):
    for name in ("a", "b"):
        assert daremo("sample", tmp_path / name, "--people", 500, "--seed", 7).code == 0
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_quiet_says_nothing(daremo, tmp_path: Path):
    ran = daremo("sample", tmp_path / "town", "--people", 300, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_an_impossible_town_is_refused_in_words(daremo, tmp_path: Path):
    ran = daremo("sample", tmp_path / "town", "--people", 3)
    assert ran.code == 2 and "[sample-size]" in ran.err
    assert not (tmp_path / "town").exists()
