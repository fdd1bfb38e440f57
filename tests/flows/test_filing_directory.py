"""Folders that appear whole, once."""

import stat
from pathlib import Path

from mssmail.core.filing import Filed, NotNow
from mssmail.flows.filing_directory import file_into

_FILES = {"DOC0001.XML": b"<a/>", "summary.json": b"{}"}


def _list(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_holds_the_files_and_nobody_else_reads_them(tmp_path: Path) -> None:
    assert file_into(tmp_path, "abc-1", _FILES) == Filed()
    assert _list(tmp_path / "abc-1") == _FILES
    assert stat.S_IMODE((tmp_path / "abc-1").stat().st_mode) == 0o700
    assert list((tmp_path / ".drafts").iterdir()) == []


def test_a_repetition_changes_nothing(tmp_path: Path) -> None:
    file_into(tmp_path, "abc-1", _FILES)
    assert file_into(tmp_path, "abc-1", {"other": b""}) == Filed()
    assert _list(tmp_path / "abc-1") == _FILES


def test_what_an_attempt_that_died_has_left_is_done_anew(tmp_path: Path) -> None:
    draft = tmp_path / ".drafts" / "abc-1"
    draft.mkdir(parents=True)
    (draft / "DOC0001.XML").write_bytes(b"<hal")
    (draft / "odd").write_bytes(b"")
    assert file_into(tmp_path, "abc-1", _FILES) == Filed()
    assert _list(tmp_path / "abc-1") == _FILES


def test_a_directory_that_is_not_there_is_a_reason_to_wait(tmp_path: Path) -> None:
    outcome = file_into(tmp_path / "gone", "abc-1", _FILES)
    assert isinstance(outcome, NotNow)
    assert "gone" in outcome.reason
