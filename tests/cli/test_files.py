"""Files are replaced whole, secrets are private."""

from pathlib import Path

from mssmail.cli.files import read_folder, write_secret, write_whole


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"new")]


def test_a_secret_is_private(tmp_path: Path) -> None:
    write_secret(tmp_path / "a", b"key")
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_a_folder_reads_in_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b", "a"):
        (tmp_path / name).write_text(name)
    assert read_folder(tmp_path) == (b"a", b"b")
    assert read_folder(tmp_path / "b") == (b"b",)
