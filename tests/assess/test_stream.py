"""A file read chunk by chunk gives what the whole file in memory gives, by one worker, several, or a cluster."""

from __future__ import annotations

import json
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from daremo.assess import stream as module
from daremo.assess.calibrate import calibrate
from daremo.assess.model import Calibration
from daremo.assess.read import Asked, read_answers
from daremo.assess.source import open_source
from daremo.assess.stream import calibrate_stream
from daremo.assess.workers import workers_on
from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from daremo.kernel.errors import InputError, SetupError, UsageError
from tests.assess.making import sigma


def written(path: Path, n: int = 1500, items: int = 8, steps: int = 1, **columns: Any) -> Path:
    """A wide file with one answer in five missing, and other columns beside."""
    rng = np.random.default_rng(1)
    t, b = rng.normal(size=(n, 1)), rng.normal(size=items)
    x = sum((rng.random((n, items)) < sigma(1.3 * (t - b) - k)).astype(int) for k in range(steps))
    gone = rng.random(x.shape) < 0.2
    gone[7] = True
    frame = pl.DataFrame(
        {
            f"q{j + 1}": pl.Series([None if g else int(v) for v, g in zip(x[:, j], gone[:, j], strict=True)])
            for j in range(items)
        }
    )
    frame.with_columns(**columns).write_parquet(path, row_group_size=300)
    return path


def survey(path: Path, n: int = 1500) -> tuple[Path, Asked]:
    """The same with towns (some blank), ages (one blank), words, and weights (one of them 0)."""
    rng = np.random.default_rng(2)
    town = [None if k % 97 == 5 else str(v) for k, v in enumerate(rng.choice(["a", "b", "c"], n))]
    age = [None if k == 11 else int(v) for k, v in enumerate(rng.integers(20, 90, n) // 10 * 10)]
    sex = rng.choice(["f", "m"], n).tolist()
    w = np.where(np.arange(n) == 3, 0.0, rng.uniform(0.5, 2, n))
    same = [1] * n
    made = written(
        path, n, town=pl.Series(town), age=pl.Series(age), sex=pl.Series(sex), w=pl.Series(w), all=pl.Series(same)
    )
    return made, Asked(group="town", weight="w", covariates=("age", "sex"))


def close(parts: Calibration, whole: Calibration) -> None:
    """Everything that is told is the same to 1e-8."""

    def numbers(v: Any) -> list[float]:
        if isinstance(v, dict):
            return [x for k in sorted(v) if k not in ("cpu_seconds", "problems", "residual") for x in numbers(v[k])]
        if isinstance(v, list):
            return [x for e in v for x in numbers(e)]
        return [float(v)] if isinstance(v, (int, float)) else []

    one, other = numbers(parts.as_dict()), numbers(whole.as_dict())
    assert one == pytest.approx(other, rel=1e-8, abs=1e-8) and len(one) == len(other) > 20
    assert [i.labels for i in parts.items] == [i.labels for i in whole.items]
    assert parts.errors == whole.errors and parts.groups == whole.groups


@pytest.mark.parametrize(
    "model,steps,errors",
    [("2pl", 1, "auto"), ("rasch", 1, "full"), ("gpcm", 2, "block"), ("grm", 2, "none"), ("3pl", 1, "sandwich")],
)
def test_chunks_give_the_same_as_the_whole_in_memory(model: Any, steps: int, errors: str, tmp_path: Path):
    path = written(tmp_path / "a.parquet", steps=steps)
    whole = calibrate(read_answers(path), model, errors=errors)
    parts = calibrate_stream(open_source(path, chunk=217), model, errors=errors)
    close(parts, whole)
    assert parts.converged and parts.persons == 1499
    assert (parts.items[0].se_a is None) == (errors == "none" or model == "rasch")


@pytest.mark.parametrize("errors", ["full", "block", "sandwich"])
def test_groups_weights_and_covariates_count_as_in_memory(errors: str, tmp_path: Path):
    path, asked = survey(tmp_path / "a.parquet")
    whole = calibrate(read_answers(path, asked), "2pl", errors=errors)
    parts = calibrate_stream(open_source(path, asked, chunk=400), "2pl", errors=errors)
    close(parts, whole)
    assert len(parts.groups) == 3 and parts.se_mean_g[1] is not None and len(parts.effects) == 2
    told = {p.code for p in parts.problems}
    assert told == {p.code for p in whole.problems} == {"one-category", "no-group", "no-covariate", "nothing-answered"}


def test_anchors_hold_as_in_memory(tmp_path: Path):
    path, asked = survey(tmp_path / "a.parquet")
    held = [i.as_dict() for i in calibrate(read_answers(path, asked), "2pl", errors="none").items[:3]]
    two = Asked(group="town", ignore=("age", "sex", "w"))
    whole = calibrate(read_answers(path, two), "2pl", anchors=held)
    close(calibrate_stream(open_source(path, two, chunk=400), "2pl", anchors=held), whole)
    assert whole.items[0].anchor


def test_a_group_of_few_is_left_out_as_in_memory(tmp_path: Path):
    n = 400
    town = pl.Series(["x" if k < 5 else "y" if k < 200 else "z" for k in range(n)])
    path = written(tmp_path / "a.parquet", n, town=town)
    whole = calibrate(read_answers(path, Asked(group="town")), "rasch")
    parts = calibrate_stream(open_source(path, Asked(group="town"), chunk=150), "rasch")
    close(parts, whole)
    assert parts.groups == ("y", "z") and "empty-group" in {p.code for p in parts.problems}


def test_two_columns_may_make_a_group_and_words_of_answers_need_not_be_whole(tmp_path: Path):
    n = 600
    half = pl.Series([0.5 * (k % 3) for k in range(n)])
    town = pl.Series([("x", "y")[k % 2] for k in range(n)])
    age = pl.Series([k // 300 for k in range(n)])
    path = written(tmp_path / "a.parquet", n, half=half, town=town, age=age)
    asked = Asked(group="town+age")
    whole, source = calibrate(read_answers(path, asked), "gpcm"), open_source(path, asked, chunk=100)
    assert source.file.labels[-1] == ("0", "0.5", "1") and len(source.people.groups) == 4
    close(calibrate_stream(source, "gpcm"), whole)


def test_large_files_start_from_every_tenth_person_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = written(tmp_path / "a.parquet", n=3000)
    whole = calibrate(read_answers(path), "2pl")
    monkeypatch.setattr(module, "LARGE", 1000)
    monkeypatch.setattr(module, "MANY", 1000)
    passes: list[Any] = []
    parts = calibrate_stream(
        open_source(path, chunk=1000), "2pl", mapper=lambda f, jobs: [f(j) for j in jobs if not passes.append(1)]
    )
    assert parts.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-4)
    assert np.abs(parts.parts - whole.parts).max() < 1e-3 and parts.converged
    assert len(passes) <= 3 * 12


def test_several_workers_give_the_same_bytes_as_one(tmp_path: Path):
    path = written(tmp_path / "a.parquet")
    one = calibrate_stream(open_source(path, chunk=100))
    with ThreadPoolExecutor(2) as pool:
        two = calibrate_stream(open_source(path, chunk=100), mapper=pool.map)
    assert two.log_likelihood == one.log_likelihood and (two.parts == one.parts).all()


def test_a_dask_scheduler_gives_the_same_bytes_as_one_worker(tmp_path: Path):
    path, asked = survey(tmp_path / "a.parquet")
    one = calibrate_stream(open_source(path, asked, chunk=500), errors="sandwich")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from distributed import LocalCluster

        there = LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None)
        with there, workers_on(there.scheduler_address) as mapper:
            far = calibrate_stream(open_source(path, asked, chunk=500), errors="sandwich", mapper=mapper)
    assert far.log_likelihood == one.log_likelihood and (far.parts == one.parts).all()
    assert [i.se_a for i in far.items] == [i.se_a for i in one.items]


def test_a_scheduler_that_does_not_answer_is_told_in_words(monkeypatch: pytest.MonkeyPatch):
    import distributed

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no answer")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(SetupError) as told, workers_on("tcp://127.0.0.1:1"):
        pass
    assert told.value.code == "no-scheduler"
    with pytest.raises(UsageError) as word, workers_on("many"):
        pass
    assert word.value.code == "bad-scheduler"


def test_memory_is_bounded_by_the_chunk_and_not_by_the_file(tmp_path: Path):
    path = written(tmp_path / "a.parquet", n=6000, items=30)
    calibrate_stream(open_source(path, chunk=500), most=1, errors="none")
    tracemalloc.start()
    calibrate_stream(open_source(path, chunk=500), most=2, errors="none")
    small = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    calibrate_stream(open_source(path, chunk=6000), most=2, errors="none")
    large = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert small < large / 2


def test_words_and_long_tables_cannot_be_streamed_and_are_told(tmp_path: Path):
    pl.DataFrame({"q1": ["a", "b"], "q2": [0, 1]}).write_parquet(tmp_path / "w.parquet")
    with pytest.raises(UsageError) as e:
        open_source(tmp_path / "w.parquet")
    assert e.value.code == "bad-stream"
    assert open_source(tmp_path / "w.parquet", Asked(ignore=["q1"])).file.items == ("q2",)
    (tmp_path / "a.csv").write_text("q1,q2\n0,1\n", encoding="utf-8")
    with pytest.raises(UsageError):
        open_source(tmp_path / "a.csv")
    long = pl.DataFrame({"person": [1, 1, 2, 2], "item": [1, 2, 1, 2], "answer": [0, 1, 1, 0]})
    long.write_parquet(tmp_path / "long.parquet")
    with pytest.raises(UsageError) as e:
        open_source(tmp_path / "long.parquet")
    assert e.value.code == "bad-stream"


def test_a_person_listed_twice_and_a_weight_below_zero_are_told_with_their_rows(tmp_path: Path):
    n = 40
    who = pl.Series([1, 1, *range(3, n + 1)])
    path = written(tmp_path / "a.parquet", n, person=who, w=pl.Series([1.0, 1.0, -1.0] + [1.0] * (n - 3)))
    with pytest.raises(InputError) as e:
        open_source(path, Asked(weight="w"))
    assert {(p.code, p.row) for p in e.value.problems} == {("person-twice", 2), ("person-twice", 3), ("bad-weight", 4)}
    kept = Asked(weight="w", good_rows=True)
    assert open_source(path, kept).people.n_persons == read_answers(path, kept).n_persons == n - 3


def test_the_command_streams_a_file_by_several_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path, _ = survey(tmp_path / "a.parquet")
    line = ["assess", "calibrate", str(path), "--group", "town", "--weight", "w", "--ignore", "age", "--ignore", "sex"]
    assert run(command, [*line, "--json", "--chunk", "400", "--scheduler", "threads"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert run(command, [*line, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["log_likelihood"] == pytest.approx(told["log_likelihood"], rel=1e-10)
    assert [i["se_a"] for i in whole["items"]] == pytest.approx([i["se_a"] for i in told["items"]], rel=1e-8)
    assert run(command, [*line, "--chunk", "400", "--fit"]) == 2
    assert run(command, [*line, "--scheduler", "threads"]) == 2
