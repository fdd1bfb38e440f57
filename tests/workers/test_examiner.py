import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from mssmail.core.verdict import Trusted, Undetermined
from mssmail.smime.sign import parse_signing_key, sign_message
from mssmail.trust.ocsp_request import build_request
from mssmail.trust.snapshot import TrustSnapshot
from mssmail.workers.codec import decode_examination, encode_examination
from mssmail.workers.examiner import build_examine
from mssmail.workers.pool import Pool
from mssmail.workers.process import Learning
from tests.support.pki import NOW, build_pki
from tests.support.responder import Responder

PKI = build_pki()
SIGNER = PKI.make_person("alice@ch-a.test")
KEY = parse_signing_key(SIGNER.key_pem + SIGNER.certificate_pem)
PLAIN = b"From: alice@ch-a.test\r\nTo: bob@ch-b.test\r\nSubject: hello\r\n\r\n" + b"A line of text.\r\n" * 1_200
SIGNED = sign_message(PLAIN, KEY, NOW)
SNAPSHOT = TrustSnapshot(1, PKI.anchors, crls=PKI.make_crls())


def test_judges_by_its_snapshot() -> None:
    assert isinstance(build_examine(SNAPSHOT, "mx.test")(SIGNED, NOW, True).verdict.summary, Trusted)
    without_lists = build_examine(TrustSnapshot(2, PKI.anchors), "mx.test")
    assert isinstance(without_lists(SIGNED, NOW, True).verdict.summary, Undetermined)


def test_takes_nothing_but_a_snapshot() -> None:
    with pytest.raises(TypeError):
        build_examine(object(), "mx.test")


def test_a_real_examination_survives_the_journey() -> None:
    examination = build_examine(SNAPSHOT, "mx.test")(SIGNED, NOW, True)
    assert decode_examination(encode_examination(examination)) == examination


async def test_the_pool_answers_what_the_pure_function_answers() -> None:
    pool = Pool(2, 30.0, 1_024, "mx.test")
    await pool.start(SNAPSHOT)
    try:
        for data in (SIGNED, PLAIN, SIGNED.replace(b"text", b"test", 1), b""):
            for verify in (True, False):
                for at in (NOW, NOW + timedelta(days=9_000)):
                    expected = build_examine(SNAPSHOT, "mx.test")(data, at, verify)
                    assert await pool.examine(data, at, verify=verify) == expected
    finally:
        await pool.stop()


def test_a_worker_loads_nothing_of_the_main_process() -> None:
    code = (
        "import sys, mssmail.workers.process, mssmail.workers.examiner;"
        "print(sorted({'asyncio', 'sqlalchemy', 'multiprocessing', 'lxml', 'httpx', 'dns'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, env={})
    assert answer.stdout.strip() == "[]"


def test_takes_answers_into_the_snapshot_in_use() -> None:
    examine = build_examine(TrustSnapshot(3, PKI.anchors, PKI.intermediates, PKI.make_crls()[1:]), "mx.test")
    [missing] = examine(SIGNED, NOW, True).missing
    responder = Responder(PKI.issuing.credential, lambda: NOW, [SIGNER.certificate])
    assert isinstance(examine, Learning)
    examine.learn((responder.answer(build_request(missing, bytes(32))),))
    assert isinstance(examine(SIGNED, NOW, True).verdict.summary, Trusted)
    with pytest.raises(TypeError):
        examine.learn("nothing")


async def test_a_worker_that_starts_later_knows_what_the_others_were_told() -> None:
    snapshot = TrustSnapshot(3, PKI.anchors, PKI.intermediates, PKI.make_crls()[1:])
    [missing] = build_examine(snapshot, "mx.test")(SIGNED, NOW, True).missing
    responder = Responder(PKI.issuing.credential, lambda: NOW, [SIGNER.certificate])
    pool = Pool(1, 30.0, 1_024, "mx.test")
    await pool.start(snapshot)
    try:
        pool.add_answers((responder.answer(build_request(missing, bytes(32))),))
        assert isinstance((await pool.examine(SIGNED, NOW, verify=True)).verdict.summary, Trusted)
        [pid] = pool.pids
        os.kill(pid, signal.SIGKILL)
        while pool.pids in ((), (pid,)):  # noqa: ASYNC110 - it has no bell
            await asyncio.sleep(0.01)
        assert isinstance((await pool.examine(SIGNED, NOW, verify=True)).verdict.summary, Trusted)
    finally:
        await pool.stop()
