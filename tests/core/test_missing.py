from mssmail.core.missing import MissingStatus, name_issuers


def test_each_issuer_is_named_once() -> None:
    found = [MissingStatus("CN=A", b"1", b"a"), MissingStatus("CN=B", b"2", b"b"), MissingStatus("CN=A", b"3", b"a")]
    assert name_issuers(found) == ("CN=A", "CN=B")
