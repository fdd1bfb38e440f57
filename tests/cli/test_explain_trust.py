"""trust explain, as an administrator asks it."""

import json
from pathlib import Path

from mssmail.core.clock import read_clock
from tests.support.command import run
from tests.support.operators import build_site
from tests.support.pki import Pki


def test_the_question_is_answered_with_its_facts(tmp_path: Path) -> None:
    pki = Pki(read_clock().replace(microsecond=0))
    config = str(build_site(tmp_path / "op", pki, read_clock()).config)
    certificate, _ = pki.make_operator("mss.peer.test").write(tmp_path, "peer")
    command = ("trust", "explain", "--from", "x@peer.test", "--peer-cert", str(certificate), "--config", config)
    answer = run(*command, "--json")
    assert answer.code == 1
    assert json.loads(answer.out)[0]["rule"] == "peer-revocation-unknown"  # no server has fetched a CRL yet
    assert "revocation" in run(*command).out
    assert run("trust", "explain", "--config", config).code == 64
