"""Item plots: what they show is what was answered, they are pictures that parse, and they show misfit."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl

from daremo.assess.calibrate import calibrate
from daremo.assess.model import answers_of
from daremo.assess.plots import as_svg, plots_of
from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from tests.assess.making import sigma, two_pl

SVG = "{http://www.w3.org/2000/svg}"


def test_groups_hold_everybody_and_their_shares_are_the_shares_answered():
    answers, _, _ = two_pl(1000, 6, 1, share=0.8)
    for j, plot in enumerate(plots_of(answers, calibrate(answers, "2pl", errors="none"))):
        mine = answers.item == j
        assert plot.people.sum() == mine.sum() and (np.diff(plot.at) > 0).all()
        assert (plot.observed[1] * plot.people).sum() == np.round(answers.category[mine].sum())
        assert np.allclose(plot.observed.sum(0), 1) and np.allclose(plot.expected.sum(0), 1)
        assert (plot.low <= plot.observed).all() and (plot.observed <= plot.high).all()


def test_ability_without_the_answer_shown_is_that_of_brute_force():
    answers, _, _ = two_pl(60, 4, 2)
    found = calibrate(answers, "2pl", errors="none")
    x = answers.category.reshape(60, 4)
    t = np.linspace(-6, 6, 61)
    like = np.exp(-0.5 * t * t) * np.ones((60, 1))
    for j in (1, 2, 3):
        p = sigma(found.items[j].a * t + found.items[j].d[0])
        like *= np.where(x[:, [j]] == 1, p, 1 - p)
    own = np.sort((like @ t) / like.sum(1))
    plot = plots_of(answers, found)[0]
    assert np.allclose(plot.at, [np.mean(part) for part in np.array_split(own, plot.at.size)], atol=1e-9)


def test_true_curves_are_expected_within_the_intervals_about_nine_times_in_ten():
    answers, _, _ = two_pl(4000, 12, 3)
    plots = plots_of(answers, calibrate(answers, "2pl", errors="none"))
    inside = np.mean([(p.low[1] <= p.expected[1]) & (p.expected[1] <= p.high[1]) for p in plots])
    assert 0.84 < inside < 0.97


def test_an_item_that_does_not_keep_to_its_curve_is_seen():
    rng = np.random.default_rng(4)
    t = rng.normal(size=3000)
    x = (rng.random((3000, 10)) < sigma(1.5 * (t[:, None] - np.linspace(-1, 1, 10)))).astype(int)
    x[:, 4] = rng.random(3000) < np.where(np.abs(t) < 0.7, 0.9, 0.2)
    answers = answers_of(x)
    plots = plots_of(answers, calibrate(answers, "2pl", errors="none"))
    outside = [int(((p.expected[1] < p.low[1]) | (p.expected[1] > p.high[1])).sum()) for p in plots]
    assert outside[4] >= 5 and np.median(outside) <= 2


def test_a_picture_has_axes_title_description_and_every_point():
    rng = np.random.default_rng(5)
    answers = answers_of(rng.integers(0, 3, (300, 4)), items=("<1>", "b", "c", "d"))
    plot = plots_of(answers, calibrate(answers, "gpcm", errors="none"))[0]
    for lang in ("ja", "en"):
        root = ElementTree.fromstring(as_svg(plot, lang=lang))
        assert "<1>" in root.find(f"{SVG}title").text and root.find(f"{SVG}desc").text
        assert len(root.findall(f"{SVG}polyline")) == 3
        assert len(root.findall(f"{SVG}circle")) == 3 * plot.at.size
        words = " ".join(e.text or "" for e in root.iter(f"{SVG}text"))
        assert ("力" if lang == "ja" else "ability") in words and "n = 300" in words


def test_a_person_who_answered_this_item_only_is_plotted_too():
    x = np.array([[1, -1], [0, -1], [1, 1], [0, 1], [1, 0], [0, 0]] * 10)
    answers = answers_of(x)
    plot = plots_of(answers, calibrate(answers, "rasch", errors="none"))[0]
    assert plot.people.sum() == 60 and np.isfinite(plot.at).all()


def test_the_command_writes_a_picture_of_each_item(tmp_path: Path):
    answers, _, _ = two_pl(300, 3, 6)
    x = answers.category.reshape(300, 3)
    pl.DataFrame({"q/1": x[:, 0], "質問": x[:, 1], "q3": x[:, 2]}).write_csv(tmp_path / "a.csv")
    line = ["assess", "calibrate", str(tmp_path / "a.csv"), "--plots", str(tmp_path / "plots"), "--quiet"]
    assert run(command, line) == 0
    names = sorted(p.name for p in (tmp_path / "plots").iterdir())
    assert len(names) == 3 and all(n.endswith(".svg") for n in names)
    for p in (tmp_path / "plots").iterdir():
        ElementTree.fromstring(p.read_text(encoding="utf-8"))
    assert run(command, [*line, "--chunk", "10"]) == 2
