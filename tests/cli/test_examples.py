"""Every example that ``--help`` shows is run as typed, on the sample town."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from daremo.cli.frame import INPUT, run
from daremo.cli.main import daremo as command
from tests.trust.mail.examples import write_examples
from tests.trust.notices.examples import write_notices
from tools.reference import examples, leaves

#: Verbs of the running service: tests/web/ops starts them in processes of their own.
SERVICE = {"serve", "worker", "migrate", "backup", "restore", "desk"}
EXAMPLES = [(path, line) for path, leaf in leaves(command) for line in examples(leaf)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, small_town: Path) -> Path:
    """What the examples take for granted: downloads, two editions of a region, a town and a plan."""
    import shutil

    folder = tmp_path_factory.mktemp("examples")
    for name in ("downloads", "region-2025"):
        shutil.copytree(small_town, folder / name)
    (folder / "downloads" / "manifest.json").unlink()
    assert run(command, ["sample", str(folder / "town"), "--people", "1000", "--quiet"]) == 0
    assert run(command, ["region", "build", str(folder / "downloads"), "-o", str(folder / "region"), "--quiet"]) == 0
    return folder


def test_every_verb_has_help_and_an_example():
    for path, leaf in leaves(command):
        assert leaf.help and examples(leaf), " ".join(path)
        assert {"as_json", "quiet", "lang"} <= {p.name for p in leaf.params}, " ".join(path)
        assert all(getattr(p, "help", "") or p.param_type_name == "argument" for p in leaf.params), " ".join(path)


@pytest.mark.parametrize("line", [line for path, line in EXAMPLES if path[-1] != "verify" and path[1] not in SERVICE])
def test_an_example_runs_as_typed(line: str, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(home)
    if "data.csv" in line:
        (home / "downloads" / "data.csv").write_text(
            "地区名,総人口,0-4歳,65-69歳\nみほん1丁目,20,10,10\n", encoding="utf-8"
        )
    if line.split()[1] == "check":
        _write_what_is_checked(home)
    if line.split()[1] == "assess":
        _write_quiz(home)
    if line.split()[1:3] in (["trust", "mail"], ["trust", "posture"], ["trust", "credential"]):
        write_examples(home)
    if line.split()[1] == "audit" or line.split()[1:3] in (["trust", "check"], ["trust", "notice"], ["trust", "audit"]):
        write_notices(home)
    if line.split()[1:3] in (["trust", "assurance"], ["trust", "exposure"]) and "--sample" not in line:
        verb, folder = line.split()[2], {"assurance": "questions", "exposure": "security"}[line.split()[2]]
        assert run(command, ["trust", verb, "--sample", str(home / folder), "--quiet"]) == 0
    for path in home.glob("*.xlsx"):
        path.unlink()
    arguments = shlex.split(line)[1:]
    allowed = {0, INPUT} if arguments[:2] == ["region", "check"] else {0}
    assert run(command, [*arguments, "--quiet"]) in allowed


def _write_what_is_checked(home: Path) -> None:
    answers = [f"{n},point:p001,30,{n % 3},{min(3, n % 3 + 1)},true,true" for n in range(20)]
    head = "person,action,days,alone_before,alone_later,still_doing,answered"
    (home / "answers.csv").write_text("\n".join([head, *answers]) + "\n", encoding="utf-8")
    begins = {"本町": "2026-06", "港町": "2026-07", "山中町": "", "浜町": ""}
    areas = [
        f"{area},2026-{month:02},{0.3 + 0.01 * month + 0.1 * bool(begin and f'2026-{month:02}' >= begin)},{begin}"
        for area, begin in begins.items()
        for month in (4, 5, 6, 7)
    ]
    (home / "areas.csv").write_text("\n".join(["area,period,outcome,begins", *areas]) + "\n", encoding="utf-8")


def _write_quiz(home: Path) -> None:
    rows = [
        f"{'-74' if n % 2 else '75+'},{'本町' if n % 3 else '港町'},{n % 2},{n // 2 % 2},{n // 3 % 2}"
        for n in range(240)
    ]
    (home / "quiz.csv").write_text("\n".join(["age,town,q1,q2,q3", *rows]) + "\n", encoding="utf-8")
    for name, shift in (("before", 0), ("after", 1)):
        sheet = [f"p{n},q{j},{(n + j + shift) % 2}" for n in range(4) for j in (1, 2, 3)]
        (home / f"{name}.csv").write_text("\n".join(["person,item,answer", *sheet]) + "\n", encoding="utf-8")
    people = [f"{town},{age},500" for town in ("本町", "港町") for age in ("-74", "75+")]
    (home / "residents.csv").write_text("\n".join(["area,stage,people", *people]) + "\n", encoding="utf-8")


def test_the_example_of_reach_verify_runs_after_that_of_cover(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(home)
    assert run(command, ["reach", "cover", "town", "--radius-km", "1", "--everybody", "-o", "cover", "--quiet"]) == 0
    assert run(command, ["reach", "verify", "cover", "--quiet"]) == 0


def test_the_example_of_verify_runs_after_that_of_plan(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(home)
    if not (home / "plan").is_dir():
        assert run(command, ["plan", "town", "--budget-yen", "2000000", "-o", "plan", "--no-pdf", "--quiet"]) == 0
    assert run(command, ["verify", "plan", "--quiet"]) == 0


def test_the_examples_of_audit_verify_run_on_an_export(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(home)
    write_notices(home)
    lines = [line for path, line in EXAMPLES if path[-2:] == ("audit", "verify") or path[-2:] == ["audit", "verify"]]
    assert lines
    for line in lines:
        assert run(command, [*shlex.split(line)[1:], "--quiet"]) == 0
