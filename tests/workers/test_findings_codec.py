"""Findings cross the socket unchanged, and nothing else does."""

import json

import pytest

from mssmail.core.findings import NO_FINDINGS, UNREAD, Findings
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.workers.findings_codec import decode_findings, encode_findings
from tests.support.health import CRITICAL, make_cda, make_message, make_xdm

_REAL = read_message(
    make_message(("application/zip", "IHE_XDM.zip", make_xdm(make_cda(CRITICAL))), fields="X-MSS-NIL: D\r\n"),
    Reading(),
).findings


@pytest.mark.parametrize("findings", [NO_FINDINGS, UNREAD, _REAL])
def test_reads_what_it_writes(findings: Findings) -> None:
    assert decode_findings(json.loads(json.dumps(encode_findings(findings)))) == findings


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("value", [None, 7, "x", [[1]], {}])
def test_refuses_what_does_not_fit(place: int, value: object) -> None:
    tree = json.loads(json.dumps(encode_findings(_REAL)))
    tree[place] = value
    with pytest.raises((ValueError, TypeError)):
        decode_findings(tree)
