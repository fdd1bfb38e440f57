"""NUL is kept in base64, and everything else as it came."""

from base64 import b64decode

import pytest

from mssmail.errors import UnknownEncoding
from mssmail.mime.binary import encode_binary
from mssmail.mime.parts import scan
from mssmail.mime.tree import walk

_PART = b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: %b\r\n\r\n%b\r\n"
_HEAD = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\nContent-Transfer-Encoding: binary\r\n\r\n'


def _encode(data: bytes) -> bytes:
    return encode_binary(data, scan(data))


def test_a_binary_part_becomes_base64_and_what_encloses_it_8bit() -> None:
    content = bytes(range(256))
    data = _HEAD + _PART % (b"binary", content) + _PART % (b"8bit", b"caf\xc3\xa9") + b"--b--\r\n"
    encoded = _encode(data)
    assert b"\0" not in encoded
    root = scan(encoded)
    assert [part.encoding for part in walk(root)] == ["8bit", "base64", "8bit"]
    assert b64decode(root.children[0].body.cut(encoded)) == content
    assert max(map(len, root.children[0].body.cut(encoded).split(b"\r\n"))) == 76
    assert root.children[1].body.cut(encoded) == b"caf\xc3\xa9"


def test_a_message_that_is_one_binary_part() -> None:
    assert _encode(b"Content-Transfer-Encoding: binary\r\n\r\na\0b") == b"Content-Transfer-Encoding: base64\r\n\r\nYQBi"


def test_binary_without_nul_stays_as_it_is() -> None:
    data = _HEAD + _PART % (b"binary", b"abc") + b"--b--\r\n"
    assert _encode(data) == data


@pytest.mark.parametrize(
    "data", [b"Subject: \0\r\n\r\nx", b"Subject: x\r\n\r\n\0", _HEAD + b"\0--b\r\n\r\nx\r\n--b--\r\n"]
)
def test_a_nul_where_no_part_is_binary_is_refused(data: bytes) -> None:
    with pytest.raises(UnknownEncoding):
        _encode(data)
