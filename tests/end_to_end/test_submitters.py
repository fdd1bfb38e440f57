"""Programs we did not write send through the submission port: curl, swaks, msmtp."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tests.support.operators import PASSWORD
from tests.support.pair import MARIE, PAUL, Side, open_pair

MESSAGE = f"From: Marie <{MARIE}>\r\nTo: <{PAUL}>\r\nSubject: Bonjour\r\n\r\nUn texte.\r\n"


async def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"},
    )
    output, _ = await asyncio.wait_for(process.communicate(MESSAGE.replace("\r", "").encode()), 60)
    assert process.returncode == 0, output.decode("utf-8", "replace")


def _find_port(side: Side) -> str:
    endpoint = side.settings.submission.listen_tls
    assert endpoint is not None
    return str(endpoint.port)


def _write_roots(side: Side, folder: Path) -> str:
    """All CA certificates in one file."""
    roots = [*side.settings.trust.anchors.glob("*"), *side.settings.relay.certificate.parent.glob("intermediates/*")]
    path = folder / "roots.pem"
    path.write_bytes(b"".join(each.read_bytes() for each in roots))
    return str(path)


def _build_command(program: str, port: str, roots: str, message: Path) -> list[str]:
    """How Marie sends the message to Paul with this program."""
    match program:
        case "curl":
            words = f"curl --silent --show-error smtps://localhost:{port}/laptop.a.test --cacert {roots}"
            words += f" --mail-from {MARIE} --mail-rcpt {PAUL} --upload-file {message}"
            return [*words.split(), "--user", f"{MARIE}:{PASSWORD}"]
        case "swaks":
            words = f"swaks --server localhost --port {port} --tls-on-connect --tls-verify --tls-ca-path {roots}"
            words += f" --auth PLAIN --auth-user {MARIE} --from {MARIE} --to {PAUL} --h-From <{MARIE}>"
            return [*words.split(), "--auth-password", PASSWORD, "--body", "Un texte."]
        case _:
            words = f"msmtp --file=/dev/null --host=localhost --port={port} --tls=on --tls-starttls=off --auth=plain"
            words += (
                f" --tls-trust-file={roots} --user={MARIE} --from={MARIE} --dsn-notify=success --dsn-return=headers"
            )
            return [*words.split(), f"--passwordeval=echo '{PASSWORD}'", str(PAUL)]


@pytest.mark.parametrize("program", ["curl", "swaks", "msmtp"])
async def test_a_stranger_s_mail_reaches_the_other_operator_and_is_reported(tmp_path: Path, program: str) -> None:
    async with open_pair(tmp_path) as (a, c):
        message = tmp_path / "message.eml"
        message.write_bytes(MESSAGE.encode())
        await _run(*_build_command(program, _find_port(a), _write_roots(a, tmp_path), message))
        (received,) = await c.find_mail()
        assert b"Un texte." in received.data
        assert received.summary == "trusted"
        if program == "msmtp":
            (report,) = await a.find_mail()
            assert b"Action: delivered" in report.data
