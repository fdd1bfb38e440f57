"""Tests of what is kept on disk, and of every moment at which a kill may come."""

import contextlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mssmail.errors import StoreUnavailable
from mssmail.flows.fetch import Validators
from mssmail.flows.last_good import KeptList, LastGood
from tests.support.pki import NOW

FIRST = KeptList(b"first", NOW, "https://127.0.0.1/list", Validators('"1"', "a date"))
SECOND = KeptList(b"second", NOW + timedelta(hours=1), "https://127.0.0.1/list", reason="it loses 50 %")
KEY = "0" * 64


@pytest.fixture
def disk(tmp_path: Path) -> LastGood:
    return LastGood(tmp_path / "trust")


def _octets(tmp_path: Path) -> int:
    return len(list((tmp_path / "trust").glob("*.xml")))


def test_nothing_is_there_at_first(disk: LastGood) -> None:
    assert disk.load_list() is None
    assert disk.load_held() is None
    assert disk.load_crls() == []
    assert disk.confirm() == ""
    assert disk.find_confirmed() is None


def test_reads_back_what_it_kept(disk: LastGood) -> None:
    disk.keep_list(FIRST)
    disk.keep_held(SECOND)
    disk.keep_crl(KEY, b"crl")
    assert disk.load_list() == FIRST
    assert disk.load_held() == SECOND
    assert disk.load_crls() == [b"crl"]


def test_a_new_list_replaces_the_old_and_settles_what_was_held(disk: LastGood, tmp_path: Path) -> None:
    disk.keep_list(FIRST)
    disk.keep_held(SECOND)
    assert _octets(tmp_path) == 2
    disk.keep_list(SECOND)
    assert disk.load_list() == SECOND
    assert disk.load_held() is None
    assert _octets(tmp_path) == 1


def test_a_confirmation_holds_for_the_list_that_was_seen(disk: LastGood) -> None:
    disk.keep_held(SECOND)
    assert disk.find_confirmed() is None
    assert disk.confirm() == SECOND.sha256
    assert disk.find_confirmed() == SECOND
    disk.keep_held(FIRST)
    assert disk.find_confirmed() is None
    disk.drop_held()
    assert disk.load_held() is None


class _Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(12))
def test_a_kill_at_any_step_leaves_the_old_list_or_the_new(
    disk: LastGood, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    disk.keep_list(FIRST)
    left = step

    def count(act: Any) -> Any:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise _Killed
            return act(*args, **kwargs)

        return counted

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", count(os.fsync))
        patch.setattr(Path, "replace", count(Path.replace))
        patch.setattr(Path, "unlink", count(Path.unlink))
        with contextlib.suppress(_Killed):
            disk.keep_list(SECOND)
    found = disk.load_list()
    assert found in (FIRST, SECOND)
    disk.keep_list(SECOND)
    assert disk.load_list() == SECOND


def test_octets_and_folder_are_flushed_before_the_note_names_them(
    disk: LastGood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts: list[str] = []
    flush, rename = os.fsync, Path.replace

    def record_flush(number: int) -> None:
        acts.append("flush " + Path(os.readlink(f"/proc/self/fd/{number}")).name)
        flush(number)

    def record_rename(self: Path, target: Path) -> Path:
        acts.append("rename " + target.name)
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", record_flush)
    monkeypatch.setattr(Path, "replace", record_rename)
    disk.keep_list(FIRST)
    octets = f"white-list-{FIRST.sha256}.xml"
    assert acts == [
        f"flush {octets}.new",
        f"rename {octets}",
        "flush trust",
        "flush white-list.json.new",
        "rename white-list.json",
        "flush trust",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "../../etc/passwd"},
        {"sha256": "0" * 64},
        {"accepted_at": "yesterday"},
        {"accepted_at": "2026-06-01T12:00:00"},
        {"accepted_at": None},
        {"etag": None, "source": None, "sha256": None},
    ],
)
def test_a_damaged_note_is_passed_over(disk: LastGood, tmp_path: Path, change: dict[str, object]) -> None:
    disk.keep_list(FIRST)
    note = tmp_path / "trust" / "white-list.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | change))
    assert disk.load_list() is None


def test_damaged_octets_are_passed_over(disk: LastGood, tmp_path: Path) -> None:
    disk.keep_list(FIRST)
    (tmp_path / "trust" / f"white-list-{FIRST.sha256}.xml").write_bytes(b"other")
    assert disk.load_list() is None
    (tmp_path / "trust" / "white-list.json").write_bytes(b"{")
    assert disk.load_list() is None


def test_a_crl_that_cannot_be_read_is_passed_over(disk: LastGood, tmp_path: Path) -> None:
    disk.keep_crl(KEY, b"crl")
    (tmp_path / "trust" / "crls" / "folder.crl").mkdir()
    assert disk.load_crls() == [b"crl"]


@pytest.mark.parametrize("key", ["", "../x", "A" * 64, "0" * 63])
def test_the_key_of_a_crl_is_no_path(disk: LastGood, key: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        disk.keep_crl(key, b"crl")


def test_a_disk_that_cannot_keep_is_a_fault_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "trust").write_bytes(b"a file where the folder should be")
    disk = LastGood(tmp_path / "trust")
    with pytest.raises(StoreUnavailable):
        disk.keep_list(FIRST)
    with pytest.raises(StoreUnavailable):
        disk.keep_crl(KEY, b"crl")
    assert disk.load_list() is None
