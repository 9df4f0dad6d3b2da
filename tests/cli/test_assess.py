"""``daremo assess`` from a file to a bank of items: the machine contract and what a person reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import Ran

CONTRACT = ("log_likelihood", "converged", "items", "persons", "answers", "cpu_seconds")


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(1)
    t = rng.normal(size=300)
    x = (rng.random((300, 6)) < 1 / (1 + np.exp(-(t[:, None] + np.linspace(-1, 1, 6))))).astype(int)
    path = tmp_path_factory.mktemp("assess") / "answers.csv"
    pl.DataFrame(x, schema=[f"q{j}" for j in range(6)]).write_csv(path)
    return path


@pytest.mark.parametrize("model", ["rasch", "2pl", "3pl", "grm", "gpcm"])
def test_calibrate_prints_the_machine_contract(model: str, wide: Path, daremo: Callable[..., Ran]):
    ran = daremo("assess", "calibrate", wide, "--model", model, "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert all(k in told for k in CONTRACT) and told["persons"] == 300 and told["answers"] == 1800
    assert [i["item"] for i in told["items"]] == [f"q{j}" for j in range(6)]
    assert all({"a", "d", "se_a", "se_d"} <= set(i) and isinstance(i["d"], float) for i in told["items"])
    assert (model == "3pl") == ("g" in told["items"][0])


def test_lsat7_by_command_is_what_mirt_says(shared_data: Path, daremo: Callable[..., Ran]):
    told = daremo("assess", "calibrate", shared_data / "irt" / "LSAT7.csv", "--model", "2pl", "--json").json
    assert told["log_likelihood"] == pytest.approx(-2658.8051, abs=1e-4) and told["persons"] == 1000
    assert told["items"][2]["a"] == pytest.approx(1.70747763, abs=1e-3)


def test_a_person_reads_the_items_in_both_languages_and_keeps_the_bank(
    wide: Path, daremo: Callable[..., Ran], tmp_path: Path
):
    ran = daremo("assess", "calibrate", wide, "--model", "rasch", "-o", tmp_path / "bank.json")
    assert ran.code == 0 and "300人の1,800件の回答から、6問を調べました" in ran.out
    assert len(json.loads((tmp_path / "bank.json").read_text(encoding="utf-8"))["items"]) == 6
    assert "6 items from 1,800 answers by 300 people" in daremo("assess", "calibrate", wide, "--lang", "en").out


def test_bad_input_has_its_exit_code_and_every_problem(tmp_path: Path, daremo: Callable[..., Ran]):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n0,1\n1,0\n2,x\n", encoding="utf-8")
    ran = daremo("assess", "calibrate", path, "--json")
    assert ran.code == 3 and {p["code"] for p in ran.json["error"]["problems"]} == {"unknown-category"}
    assert {p["row"] for p in ran.json["error"]["problems"]} == {4}
    assert daremo("assess", "calibrate", path, "--skip-bad-rows", "--json").code == 0
    assert daremo("assess", "calibrate", tmp_path / "no.csv", "--json").json["error"]["code"] == "no-answers-file"
    path.write_text("a,b\n1,1\n1,1\n", encoding="utf-8")
    ran = daremo("assess", "calibrate", path, "--json")
    assert ran.code == 4 and ran.json["error"]["code"] == "nothing-to-calibrate"


def test_a_key_scores_raw_answers(tmp_path: Path, daremo: Callable[..., Ran]):
    path = tmp_path / "x.csv"
    rng = np.random.default_rng(1)
    pl.DataFrame(rng.integers(1, 5, (60, 3)), schema=["a", "b", "c"]).write_csv(path)
    assert daremo("assess", "calibrate", path, "--json").json["error"]["code"] == "two-categories"
    assert daremo("assess", "calibrate", path, "--key", "1,2,3", "--model", "rasch", "--json").code == 0
    (tmp_path / "key.csv").write_text("item,key\nc,3\nb,2\na,1\n", encoding="utf-8")
    ran = daremo("assess", "calibrate", path, "--key", tmp_path / "key.csv", "--model", "rasch", "--json")
    assert ran.json["items"][0]["categories"] == ["0", "1"]


def test_dif_prints_who_is_treated_unfairly(tmp_path: Path, daremo: Callable[..., Ran]):
    rng = np.random.default_rng(2)
    t, old = rng.normal(size=2000), rng.random(2000) < 0.5
    eta = t[:, None] + np.linspace(-1, 1, 8)
    eta[old, 3] -= 1.5
    x = (rng.random(eta.shape) < 1 / (1 + np.exp(-eta))).astype(int)
    frame = pl.DataFrame(x, schema=[f"q{j}" for j in range(8)]).with_columns(age=pl.Series(np.where(old, "75+", "-74")))
    frame.write_csv(tmp_path / "x.csv")
    told = daremo("assess", "dif", tmp_path / "x.csv", "--group", "age", "--reference", "-74", "--json").json
    assert [(f["item"], f["group"], f["class"]) for f in told["flagged"]] == [("q3", "75+", "C")]
    assert len(told["pairs"]) == 16 and told["tests"] == 8 and told["flagged"][0]["delta"] < -2
    said = daremo("assess", "dif", tmp_path / "x.csv", "--group", "age", "--reference", "-74").out
    assert "q3" in said and "外すか作りなおす" in said
    assert (
        daremo("assess", "dif", tmp_path / "x.csv", "--group", "sex", "--json").json["error"]["code"]
        == "no-such-column"
    )


def test_simulate_prints_length_errors_and_exposure(daremo: Callable[..., Ran]):
    told = daremo("assess", "simulate", "--people", 500, "--json").json
    assert {"items_mean", "reported_se", "true_error", "highest_exposure", "decisions_per_second"} <= set(told)
    assert len(told["deciles_by_estimate"]) == len(told["deciles_by_truth"]) == 10 and told["areas"] == list("12345")
    assert "人が受けると、平均" in daremo("assess", "simulate", "--people", 50).out
    assert daremo("assess", "simulate", "--people", 50, "--rho", 1.5, "--json").json["error"]["code"] == "bad-rho"
    assert daremo("assess", "simulate", "--people", 50, "--cuts", "x", "--json").json["error"]["code"] == "bad-rules"


def test_a_calibrated_bank_can_be_simulated_with_areas(wide: Path, daremo: Callable[..., Ran], tmp_path: Path):
    bank, areas = tmp_path / "bank.json", tmp_path / "areas.csv"
    daremo("assess", "calibrate", wide, "-o", bank)
    told = daremo("assess", "simulate", bank, "--people", 100, "--exposure", 1, "--json").json
    assert told["items"] == 6 and told["areas"] == [""]
    areas.write_text("item,area\n" + "".join(f"q{j},{'ab'[j % 2]}\n" for j in range(6)), encoding="utf-8")
    told = daremo("assess", "simulate", bank, "--areas", areas, "--people", 100, "--exposure", 1, "--json").json
    assert told["areas"] == ["a", "b"]
    (tmp_path / "broken.json").write_text("{}")
    assert daremo("assess", "simulate", tmp_path / "broken.json", "--json").json["error"]["code"] == "bad-bank"
    (tmp_path / "bank.csv").write_text("item,area,a,d\nx,1,1.2,0.3\ny,1,0.9,-0.3\n", encoding="utf-8")
    assert daremo("assess", "simulate", tmp_path / "bank.csv", "--people", 20, "--exposure", 1, "--json").code == 0


def test_areas_prints_shares_with_intervals(tmp_path: Path, daremo: Callable[..., Ran]):
    rng = np.random.default_rng(3)
    t, place, old = rng.normal(size=400), rng.integers(0, 3, 400), rng.random(400) < 0.5
    t = t - 0.8 * old
    x = (rng.random((400, 10)) < 1 / (1 + np.exp(-(1.3 * t[:, None] + np.linspace(-1, 1, 10))))).astype(int)
    frame = pl.DataFrame(x, schema=[f"q{j}" for j in range(10)])
    frame = frame.with_columns(town=pl.Series([f"町{k}" for k in place]), age=pl.Series(np.where(old, "75+", "-74")))
    frame.write_csv(tmp_path / "x.csv")
    rows = [f"町{k},{s},{100 * (k + 1)}" for k in range(2) for s in ("-74", "75+")]
    (tmp_path / "r.csv").write_text("地区,年代,人数\n" + "\n".join(rows) + "\n", encoding="utf-8")
    common = ("assess", "areas", tmp_path / "x.csv", "--area", "town", "--stage", "age", "--below", -0.5)
    told = daremo(*common, "--residents", tmp_path / "r.csv", "--json").json
    assert [a["area"] for a in told["areas"]] == ["町0", "町1"] and told["persons"] == int((place < 2).sum())
    assert {p["code"] for p in told["problems"]} == {"not-in-census"}
    young, aged = told["areas"][0]["stages"]
    assert young["share"] < aged["share"] and aged["low"] < aged["share"] < aged["high"]
    assert "一人ではむずかしい" in daremo(*common, "--residents", tmp_path / "r.csv").out
    (tmp_path / "r.csv").write_text("area,stage,people\n町0,75+,x\n", encoding="utf-8")
    error = daremo(*common, "--residents", tmp_path / "r.csv", "--json").json["error"]
    assert error["code"] == "bad-census" and error["problems"][0]["row"] == 2


def test_calibrate_can_say_how_items_fit(wide: Path, daremo: Callable[..., Ran]):
    told = daremo("assess", "calibrate", wide, "--fit", "--json").json
    assert len(told["fit"]["items"]) == 6 and told["fit"]["complete"] == 300
    assert {"s_x2", "df", "p", "infit", "outfit"} <= set(told["fit"]["items"][0])
    assert "infit" in daremo("assess", "calibrate", wide, "--fit").out


def test_a_bank_is_verified_and_an_altered_one_refused(wide: Path, daremo: Callable[..., Ran], tmp_path: Path):
    bank = tmp_path / "bank.json"
    assert daremo("assess", "calibrate", wide, "--model", "2pl", "-o", bank).code == 0
    ran = daremo("assess", "verify", wide, bank)
    assert ran.code == 0 and "確かめました" in ran.out
    told = json.loads(bank.read_text(encoding="utf-8"))
    told["items"][0]["d"] += 0.1
    bank.write_text(json.dumps(told), encoding="utf-8")
    ran = daremo("assess", "verify", wide, bank, "--json")
    assert ran.code == 3 and not ran.json["holds"] and "not-a-maximum" in ran.json["faults"]


def test_counts_of_people_are_not_taken_for_survey_weights(daremo: Callable[..., Ran], tmp_path: Path):
    path = tmp_path / "counted.csv"
    rows = ["q1,q2,q3,freq"] + [f"{a},{b},{c},{5 + 3 * a + b + 2 * c}" for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    ran = daremo("assess", "calibrate", path, "--model", "rasch", "--errors", "sandwich")
    assert ran.code == 2 and "調査の重み" in ran.err
    ran = daremo("assess", "calibrate", path, "--model", "rasch", "--errors", "sandwich", "--weight", "freq", "--json")
    assert ran.code == 0 and ran.json["standard_errors"] == "sandwich"
