"""What a person sees of a search: bound and gap while it runs; Ctrl-C keeps the best so far. And records keep every bit."""

from __future__ import annotations

import math
import os
import signal
from dataclasses import dataclass

import numpy as np
import pytest

from daremo.cli.frame import Told, Voice
from daremo.cli.reach.record import from_plain, to_plain
from daremo.cli.reach.searching import searching
from daremo.kernel.errors import InputError
from daremo.reach.decay import Steps
from daremo.reach.model import Conditions


def test_the_first_ctrl_c_asks_the_search_to_stop_and_the_second_breaks_off(capsys: pytest.CaptureFixture[str]):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), searching(Voice("ja", False, False), None) as watch:
        assert not watch.late()
        os.kill(os.getpid(), signal.SIGINT)
        assert watch.late()
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert "一番よい答え" in capsys.readouterr().err


def test_bound_and_gap_are_told_once_two_seconds_have_passed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    now = [0.0]
    monkeypatch.setattr("daremo.cli.frame.Told", lambda stream, lang: Told(stream, lang, clock=lambda: now[0]))
    with searching(Voice("en", False, False), None) as watch:
        watch.tell(90.0, math.inf)
        now[0] = 3.0
        watch.tell(99.0, 100.0)
    said = capsys.readouterr().err
    assert said.strip() == "best so far 99  bound 100  gap 1.010%"


def test_a_quiet_search_says_nothing(capsys: pytest.CaptureFixture[str]):
    with searching(Voice("ja", True, True), 5.0) as watch:
        watch.tell(1.0, 2.0)
        assert watch.limit_s == 5.0
    assert capsys.readouterr() == ("", "")


def test_a_record_gives_back_the_same_data():
    data = {
        "array": np.array([[0.1, np.inf], [np.nan, -0.0]]),
        "whole": np.arange(3, dtype=np.int32),
        "mask": np.array([True, False]),
        "tuple": (1, 2.5, None, "x", (True,)),
        "inf": math.inf,
        "data": Steps((1.0, 2.0), (1.0, 0.5)),
        "conditions": Conditions(must=(1,), quota_p=np.array([0, -1])),
        3: [np.float64(2.0), np.int64(3)],
    }
    back = from_plain(to_plain(data))
    assert np.array_equal(back["array"], data["array"], equal_nan=True) and back["array"].shape == (2, 2)
    assert back["whole"].dtype == np.int32 and back["mask"].dtype == bool
    assert back["tuple"] == data["tuple"] and back["inf"] == math.inf and back["data"] == data["data"]
    assert back["conditions"].must == (1,) and back["conditions"].quota_p.tolist() == [0, -1]
    assert back[3] == [2.0, 3]


@dataclass(frozen=True)
class Foreign:
    """Data of somebody else."""

    x: int = 0


@pytest.mark.parametrize(
    "record",
    [
        to_plain(Foreign()),
        {"is": "daremo.reach.model:Watch", "with": {}},
        {"is": "daremo.reach.model:Conditions", "with": {"unknown": 1}},
        {"array": "object", "shape": [1], "data": [1]},
        {"array": "int64", "shape": [2], "data": [1]},
        {"other": 1},
    ],
)
def test_a_record_of_anything_else_is_refused(record: object):
    with pytest.raises(InputError, match="damaged-answer"):
        from_plain(record)


def test_what_is_no_data_cannot_be_recorded():
    with pytest.raises(TypeError):
        to_plain(object())
