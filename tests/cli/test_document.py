"""document inspect, as a script and as a person would use it."""

import json
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.health import ABNORMAL, CRITICAL, make_cda, make_hprim, make_message, make_result, make_xdm


def _write(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


@pytest.mark.parametrize(
    ("name", "data", "kind", "mark", "code"),
    [
        ("a.xml", make_cda(CRITICAL), "cda", "critical", 0),
        ("a.zip", make_xdm(make_cda(ABNORMAL)), "xdm", "abnormal", 0),
        ("a.hpr", make_hprim("RES|K|K|N|6.9||||HH|F").encode(), "hprim", "critical", 0),
        (
            "a.eml",
            make_message(("application/zip", "IHE_XDM.zip", make_xdm(make_cda(CRITICAL)))),
            "message",
            "critical",
            0,
        ),
        ("b.xml", b"<a", "cda", "rejected", 1),
        ("b.eml", make_message(("application/zip", "IHE_XDM.zip", b"PK\x03\x04")), "message", "rejected", 1),
    ],
)
def test_prints_json(tmp_path: Path, name: str, data: bytes, kind: str, mark: str, code: int) -> None:
    answer = run("document", "inspect", _write(tmp_path, name, data), "--json")
    shown = json.loads(answer.out)
    assert (answer.code, shown["kind"], shown["mark"], len(shown["sha256"])) == (code, kind, mark, 64)


def test_prints_tables_without_colour_when_piped(tmp_path: Path) -> None:
    cda = make_cda(CRITICAL, ABNORMAL, make_result(status="aborted"))
    fields = "X-MSS-CODECDA: 34112-3\r\nX-MSS-INS: O\r\n"
    parts = [
        ("application/zip", "IHE_XDM.zip", make_xdm(cda)),
        ("text/plain", "a.hpr", make_hprim("RES|K|K|N|1").encode()),
    ]
    answer = run("document", "inspect", _write(tmp_path, "a.eml", make_message(*parts, fields=fields)))
    assert answer.code == 0
    for text in ("2823-3", "6.9", "HH", "critical", "not performed", "unassessed", "34112-3"):
        assert text in answer.out
    assert "\x1b[" not in answer.out


def test_hostile_text_reaches_no_terminal(tmp_path: Path) -> None:
    cda = make_cda(CRITICAL, family="A\N{RIGHT-TO-LEFT OVERRIDE}B")
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in run("document", "inspect", _write(tmp_path, "a.xml", cda)).out


def test_a_test_identity_is_not_qualified_in_production(tmp_path: Path) -> None:
    file = _write(tmp_path, "a.xml", make_cda(CRITICAL))
    for more, expected in (((), True), (("--production-space",), False)):
        shown = json.loads(run("document", "inspect", file, "--json", *more).out)
        assert shown["patient"]["ins_qualified"] is expected


def test_a_missing_file_is_bad_usage(tmp_path: Path) -> None:
    assert run("document", "inspect", str(tmp_path / "none.xml")).code == 64
