"""The white list through the command line: looked at, judged, and kept."""

import json
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from tests.support.command import run
from tests.support.pki import Pki

DN = "CN=mss.a.test,OU=1990000001,O=CENTRE HOSPITALIER A,ST=Nord (59),C=FR"


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    made = Pki(read_clock().replace(microsecond=0))
    made.write_anchors(tmp_path / "anchors")
    made.issuing.credential.write(tmp_path, "issuing")
    made.make_person("liste@confiance.test").write(tmp_path, "signer")
    return made


def _make(tmp_path: Path) -> Path:
    path = tmp_path / "list.xml"
    assert run("trust", "add", str(path), "--domain", "A.test", "--dn", DN).code == 0
    assert run("trust", "add", str(path), "--domain", "b.test", "--dn", DN).code == 0
    return path


def _sign(path: Path) -> None:
    folder = path.parent
    keys = ("--key", str(folder / "signer.key"), "--certificate", str(folder / "signer.crt"))
    assert run("trust", "sign", str(path), *keys).code == 0


def _verify(path: Path, *more: str) -> tuple[int, dict[str, object]]:
    folder = path.parent
    trusted = ("--anchors", str(folder / "anchors"), "--intermediates", str(folder / "issuing.crt"))
    answer = run("trust", "verify", str(path), *trusted, "--json", *more)
    return answer.code, json.loads(answer.out)


@pytest.mark.usefixtures("pki")
def test_a_list_of_ones_own_is_made_signed_and_accepted(tmp_path: Path) -> None:
    path = _make(tmp_path)
    _sign(path)
    code, report = _verify(path, "--signer-rule", "mail=liste@confiance.test")
    assert (code, report["accepted"], report["entries"], report["domains"], report["names"]) == (0, True, 2, 2, 1)


@pytest.mark.usefixtures("pki")
def test_an_unsigned_altered_or_strangely_signed_list_is_refused(tmp_path: Path) -> None:
    path = _make(tmp_path)
    assert _verify(path)[0] == 1
    _sign(path)
    code, report = _verify(path, "--signer-rule", "mail=other@confiance.test")
    assert (code, report["accepted"]) == (1, False)
    path.write_bytes(path.read_bytes().replace(b"b.test", b"c.test"))
    code, report = _verify(path)
    assert code == 1
    assert report["reason"]


@pytest.mark.usefixtures("pki")
def test_a_revoked_signer_is_refused_when_lists_are_given(tmp_path: Path, pki: Pki) -> None:
    path = _make(tmp_path)
    _sign(path)
    (tmp_path / "crls").mkdir()
    for number, crl in enumerate(pki.make_crls(pki.make_person("liste@confiance.test"))):
        (tmp_path / "crls" / f"{number}.crl").write_bytes(crl)
    code, report = _verify(path, "--crls", str(tmp_path / "crls"))
    assert code == 1
    assert "revoked" in str(report["reason"])


def test_a_domain_is_shown_and_taken_off(tmp_path: Path) -> None:
    path = _make(tmp_path)
    shown = run("trust", "show", "a.test", "--file", str(path), "--json")
    assert json.loads(shown.out)[0]["name"] == DN
    old = tmp_path / "old.xml"
    old.write_bytes(path.read_bytes())
    assert run("trust", "remove", str(path), "--domain", "a.test").code == 0
    assert run("trust", "show", "a.test", "--file", str(path)).code == 1
    assert run("trust", "remove", str(path), "--domain", "a.test").code == 65
    changes = run("trust", "diff", str(old), str(path))
    assert changes.code == 1
    assert "a.test" in changes.out
    assert run("trust", "diff", str(path), str(path)).code == 0


def test_lists_are_counted_by_domain(tmp_path: Path) -> None:
    answer = run("trust", "list", "--file", str(_make(tmp_path)), "--json")
    assert json.loads(answer.out) == [{"domain": "a.test", "names": 1}, {"domain": "b.test", "names": 1}]


def test_what_is_no_list_is_65(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text("<x/>")
    assert run("trust", "list", "--file", str(path)).code == 65
