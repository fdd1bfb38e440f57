"""The JSON of inspections, and its agreement with every expectation of the shared samples."""

import json
from pathlib import Path

import pytest

from mssmail.documents.inspect import Reading, inspect_file
from mssmail.documents.report import encode_inspection
from tests.support.shared import find_shared, shared_file

_EXPECTED = find_shared("data", "health", "expected.json")
_NAMES = sorted(json.loads(_EXPECTED.read_text())) if _EXPECTED else []


@pytest.mark.parametrize("name", _NAMES or ["expected.json"])
def test_agrees_with_the_expectations_of_the_shared_samples(name: str) -> None:
    expected = json.loads(shared_file("data", "health", "expected.json").read_text())[name]
    data = shared_file("data", "health", *name.split("/")).read_bytes()
    reading = Reading(test_space=True)
    shown = json.loads(json.dumps(encode_inspection(inspect_file(data, Path(name).name, reading), reading)))
    assert _find_differences(expected, shown, "") == []


def _find_differences(expected: object, shown: object, place: str) -> list[str]:
    """Every key that is expected must be there and equal; more keys are allowed."""
    if isinstance(expected, dict) and isinstance(shown, dict):
        missing = [f"{place}.{key} is missing" for key in expected if key not in shown]
        return missing + [
            each
            for key, value in expected.items()
            if key in shown
            for each in _find_differences(value, shown[key], f"{place}.{key}")
        ]
    if isinstance(expected, list) and isinstance(shown, list) and len(expected) == len(shown):
        pairs = enumerate(zip(expected, shown, strict=True))
        return [each for number, pair in pairs for each in _find_differences(*pair, f"{place}[{number}]")]
    return [] if expected == shown else [f"{place}: {expected!r} != {shown!r}"]
