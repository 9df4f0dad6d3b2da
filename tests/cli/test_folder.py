"""Output folders: whole or not at all, and nobody's own files lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.kernel.errors import UsageError


def write(out: Path, name: str, text: str, **options: bool) -> None:
    with whole_folder(out, **options) as folder:
        (folder / name).write_text(text)


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.startswith(".")}


def test_a_folder_appears_with_all_its_files(tmp_path: Path):
    write(tmp_path / "deep" / "out", "a.txt", "1")
    assert names(tmp_path / "deep" / "out") == {"a.txt"}
    assert names(tmp_path / "deep") == {"out"}


def test_a_failure_leaves_the_old_folder_as_it_was(tmp_path: Path):
    out = tmp_path / "out"
    write(out, "a.txt", "old")
    with pytest.raises(ZeroDivisionError), whole_folder(out) as folder:
        (folder / "a.txt").write_text("new")
        raise ZeroDivisionError
    assert (out / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_second_run_replaces_our_files_and_keeps_those_of_others(tmp_path: Path):
    out = tmp_path / "out"
    write(out, "ours.txt", "1")
    (out / "memo").mkdir()
    (out / "memo" / "mine.txt").write_text("precious")
    write(out, "newer.txt", "2")
    assert names(out) == {"newer.txt", "memo"}
    assert (out / "memo" / "mine.txt").read_text() == "precious"


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="folder-not-ours"):
        write(tmp_path, "a.txt", "1")
    assert names(tmp_path) == {"thesis.txt"}


def test_force_adds_to_a_foreign_folder_and_deletes_nothing(tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("precious")
    write(out, "a.txt", "1", force=True)
    write(out, "b.txt", "2")
    assert names(out) == {"thesis.txt", "b.txt"}
    assert (out / "thesis.txt").read_text() == "precious"


def test_a_file_in_the_way_is_refused(tmp_path: Path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(UsageError, match="not-a-folder"):
        refuse_foreign(tmp_path / "out", force=True)


def test_an_empty_folder_is_fine(tmp_path: Path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "a.txt", "1")
    assert names(tmp_path / "out") == {"a.txt"}
