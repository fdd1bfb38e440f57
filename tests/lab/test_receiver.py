"""The example of software that files: whom it believes, what it takes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.flows.filing_http import Part, encode_form, sign_request
from mssmail.lab.receiver import Answer, Desk

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_SECRET = b"0123456789abcdef"
_PATIENT = {"birth_family": "FICTIF", "ins": "279035121518989", "ins_qualified": True}


def _send(
    folder: Path, patient: object = _PATIENT, *, key: str = "0abc-1", age: int = 0, secret: bytes = _SECRET
) -> Answer:
    summary = json.dumps({"documents": [{"patient": patient}]}).encode()
    body = encode_form([Part("summary", "summary.json", "application/json", summary)], "bb")
    timestamp = str(int((_NOW - timedelta(seconds=age)).timestamp()))
    headers = {
        "Content-Type": "multipart/form-data; boundary=bb",
        "Idempotency-Key": key,
        "X-Mssmail-Timestamp": timestamp,
        "X-Mssmail-Signature": sign_request(secret, timestamp, key, body),
    }
    return Desk(folder, _SECRET, lambda: _NOW).take(headers, body)


def test_a_document_is_filed_once(tmp_path: Path) -> None:
    assert _send(tmp_path) == (201, {"filed": "0abc-1"})
    assert _send(tmp_path)[0] == 409
    assert (tmp_path / "0abc-1" / "summary.json").exists()


@pytest.mark.parametrize(
    ("more", "label"),
    [
        ({"secret": b"fedcba9876543210"}, "not ours"),
        ({"age": 301}, "too old"),
        ({"age": -301}, "too old"),
        ({"key": "../x"}, "no key"),
    ],
)
def test_a_request_nobody_signed_now_is_not_believed(tmp_path: Path, more: dict[str, object], label: str) -> None:
    status, told = _send(tmp_path, **more)  # type: ignore[arg-type]
    assert status == 401
    assert label in str(told["label"])


@pytest.mark.parametrize(
    ("patient", "code"),
    [
        ({**_PATIENT, "birth_family": "INCONNU"}, 902),
        ({"family": "INCONNU"}, 902),
        ({**_PATIENT, "ins": None}, 903),
        ({**_PATIENT, "ins_qualified": False}, 905),
    ],
)
def test_what_cannot_be_attributed_is_refused_with_its_code(tmp_path: Path, patient: object, code: int) -> None:
    status, told = _send(tmp_path, patient)
    assert (status, told["code"]) == (422, code)
