"""The gate itself: what it adds up, and when it closes."""

from tests.support.coverage_gate import File, Room, describe, divide, parse_report


def _facts(statements: int, covered: int, branches: int, taken: int) -> dict[str, object]:
    summary = {
        "num_statements": statements,
        "covered_lines": covered,
        "num_branches": branches,
        "covered_branches": taken,
    }
    return {"summary": summary, "missing_lines": [3], "missing_branches": [[3, 4], [7, 9]]}


def test_files_are_added_up_by_room() -> None:
    files = parse_report({"files": {"mssmail/a/x.py": _facts(8, 7, 2, 1), "mssmail/errors.py": _facts(10, 10, 0, 0)}})
    assert files[0] == File("mssmail/a/x.py", 10, 8, "3 7->9")
    percents = {room.name: room.percent for room in divide(files)}
    assert percents == {
        "mssmail/a": 80.0,
        "mssmail/core": 100.0,
        "mssmail/policy": 100.0,
        "mssmail/imap/wire": 100.0,
        "mssmail": 90.0,
    }


def test_a_gate_of_a_hundred_lets_nothing_pass() -> None:
    files = (File("mssmail/core/x.py", 100_000, 99_999, "7"), File("mssmail/smtp/y.py", 100_000, 90_001, "1"))
    rooms = {room.name: room for room in divide(files)}
    assert [name for name, room in rooms.items() if room.is_below] == ["mssmail/core"]
    text = "\n".join(describe(rooms.values()))
    assert "mssmail/core          99.99 %  gate 100: NOT REACHED\n    mssmail/core/x.py: 7" in text
    assert "mssmail/smtp/y.py" not in text


def test_the_whole_has_a_gate_too() -> None:
    assert Room("mssmail", (File("mssmail/a.py", 1000, 949, "1"),)).is_below
    assert not Room("mssmail", (File("mssmail/a.py", 1000, 950, "1"),)).is_below
