"""The X-MSS fields against what the archives hold."""

import pytest

from mssmail.core.findings import MssFields
from mssmail.documents.declared import compare_fields, read_fields
from mssmail.documents.inspect import Reading, inspect_file
from mssmail.mime.parts import scan
from tests.support.health import NORMAL, make_cda, make_xdm

_ARCHIVE = inspect_file(make_xdm(make_cda(NORMAL), make_cda(code="34112-3")), "IHE_XDM.zip", Reading())


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        (MssFields("11502-2,34112-3", "O"), []),
        (MssFields(" 34112-3 , 11502-2", "o"), []),
        (MssFields("11502-2", "O"), ["CODECDA"]),
        (MssFields("11502-2,34112-3,34112-3", "O"), ["CODECDA"]),
        (MssFields("11502-2,34112-3", "N"), ["INS"]),
        (MssFields("", ""), ["CODECDA", "INS"]),
        (MssFields("11502-2,34112-3", "O", mes="FINI"), ["MES"]),
    ],
)
def test_inconsistencies_are_told(fields: MssFields, faults: list[str]) -> None:
    told = compare_fields(fields, [_ARCHIVE], test_space=True)
    assert len(told) == len(faults)
    assert all(fault in each for fault, each in zip(faults, told, strict=True))


def test_a_test_identity_announced_as_qualified_is_told_in_production() -> None:
    assert len(compare_fields(MssFields("11502-2,34112-3", "O"), [_ARCHIVE], test_space=False)) == 1


def test_fields_without_archive_are_told() -> None:
    assert len(compare_fields(MssFields("11502-2", "O"), [], test_space=True)) == 2
    assert compare_fields(MssFields(nil="DEV1", mes="FIN"), [], test_space=True) == ()


def test_the_fields_of_the_header_are_read_and_the_first_counts() -> None:
    data = b"X-MSS-CODECDA: 1,\r\n 2\r\nX-Mss-Ins: O\r\nX-MSS-INS: N\r\nX-MSS-MES: FIN\r\n\r\nX-MSS-NIL: no\r\n"
    assert read_fields(data, scan(data).header) == MssFields("1, 2", "O", "", "FIN")
