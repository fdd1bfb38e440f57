"""The switches shared by message verify and cert verify."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mssmail.cli.judging import Judging, judging_options
from mssmail.settings import RevocationMode
from tests.support.command import run
from tests.support.pki import build_pki


@click.command()
@judging_options
def _command(judging: Judging) -> int:
    store, faults = judging.load(author_rule=False)
    policy = store.policy
    click.echo(f"{policy.min_rsa_bits} {policy.allow_sha1} {policy.allow_dsa} {policy.author_rule} {len(faults)}")
    click.echo(f"{sorted(policy.policies.acceptable)} {policy.policies.explicit} {policy.policies.inhibit_mapping}")
    assert policy.revocation is RevocationMode.SOFT
    return 0


def test_the_switches_become_the_policy_of_a_store(tmp_path: Path) -> None:
    build_pki().write_anchors(tmp_path / "anchors")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "junk.crt").write_text("junk")
    arguments = ["--anchors", str(tmp_path / "anchors"), "--intermediates", str(tmp_path / "more")]
    switches = ["--allow-sha1", "--min-rsa-bits", "1024", "--revocation", "soft", "--policy-oid", "1.2.3"]
    answer = CliRunner().invoke(_command, [*arguments, *switches, "--policy-oid", "1.2.4", "--explicit-policy"])
    assert answer.output == "1024 True False False 1\n['1.2.3', '1.2.4'] True False\n"


@pytest.mark.parametrize("command", [("message", "verify"), ("trust", "verify")])
def test_nobody_to_believe_is_bad_usage_and_not_a_verdict(command: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"nothing that could be a certificate")
    config = ("--config", str(tmp_path / "none.toml"))
    answer = run(*command, str(file), *config)
    assert answer.code == 64
    assert "--anchors" in answer.err
    answer = run(*command, str(file), "--anchors", str(file), *config)
    assert answer.code == 64
    assert "no readable certificate" in answer.err
