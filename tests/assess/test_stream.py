"""A file read chunk by chunk gives what the whole file in memory gives, by one worker or several."""

from __future__ import annotations

import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from daremo.assess.calibrate import calibrate
from daremo.assess.read import read_answers
from daremo.assess.stream import calibrate_stream, open_source
from daremo.cli.frame import run
from daremo.cli.main import daremo as command
from daremo.kernel.errors import UsageError
from tests.assess.making import sigma


def written(path: Path, n: int = 1500, items: int = 8, steps: int = 1) -> Path:
    """A wide file with one answer in five missing."""
    rng = np.random.default_rng(1)
    t, b = rng.normal(size=(n, 1)), rng.normal(size=items)
    x = sum((rng.random((n, items)) < sigma(1.3 * (t - b) - k)).astype(int) for k in range(steps))
    gone = rng.random(x.shape) < 0.2
    pl.DataFrame(
        {
            f"q{j + 1}": pl.Series([None if g else int(v) for v, g in zip(x[:, j], gone[:, j], strict=True)])
            for j in range(items)
        }
    ).write_parquet(path, row_group_size=300)
    return path


@pytest.mark.parametrize("model,steps", [("2pl", 1), ("rasch", 1), ("gpcm", 2), ("grm", 2)])
def test_chunks_give_the_same_as_the_whole_in_memory(model: str, steps: int, tmp_path: Path):
    path = written(tmp_path / "a.parquet", steps=steps)
    whole, parts = calibrate(read_answers(path), model), calibrate_stream(open_source(path, chunk=217), model)
    assert parts.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-10)
    assert np.abs(parts.parts - whole.parts).max() < 1e-8
    assert parts.converged and parts.answers == whole.answers and parts.persons == 1500
    assert [i.labels for i in parts.items] == [i.labels for i in whole.items]


def test_several_workers_give_the_same_bytes_as_one(tmp_path: Path):
    path = written(tmp_path / "a.parquet")
    one = calibrate_stream(open_source(path, chunk=100))
    with ThreadPoolExecutor(2) as pool:
        two = calibrate_stream(open_source(path, chunk=100), mapper=pool.map)
    assert two.log_likelihood == one.log_likelihood and (two.parts == one.parts).all()


def test_memory_is_bounded_by_the_chunk_and_not_by_the_file(tmp_path: Path):
    path = written(tmp_path / "a.parquet", n=6000, items=30)
    calibrate_stream(open_source(path, chunk=500), most=1)
    tracemalloc.start()
    calibrate_stream(open_source(path, chunk=500), most=2)
    small = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    calibrate_stream(open_source(path, chunk=6000), most=2)
    large = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert small < large / 2


def test_words_and_long_tables_cannot_be_streamed_and_are_told(tmp_path: Path):
    pl.DataFrame({"q1": ["a", "b"], "q2": [0, 1]}).write_parquet(tmp_path / "w.parquet")
    with pytest.raises(UsageError) as e:
        open_source(tmp_path / "w.parquet")
    assert e.value.code == "bad-stream"
    assert open_source(tmp_path / "w.parquet", ignore=["q1"]).items == ("q2",)
    (tmp_path / "a.csv").write_text("q1,q2\n0,1\n", encoding="utf-8")
    with pytest.raises(UsageError):
        open_source(tmp_path / "a.csv")


def test_the_command_streams_a_file_by_several_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = written(tmp_path / "a.parquet")
    line = ["assess", "calibrate", str(path), "--json"]
    assert run(command, [*line, "--chunk", "400", "--scheduler", "threads"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert run(command, [*line, "--errors", "none"]) == 0
    assert json.loads(capsys.readouterr().out)["log_likelihood"] == pytest.approx(told["log_likelihood"], rel=1e-10)
    assert run(command, [*line, "--chunk", "400", "--fit"]) == 2
