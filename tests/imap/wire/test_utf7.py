"""Modified UTF-7: known spellings both ways, and every other spelling refused."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.utf7 import decode_utf7, encode_utf7

SPELLINGS = {
    "": b"",
    "INBOX": b"INBOX",
    "~peter/mail/台北/日本語": b"~peter/mail/&U,BTFw-/&ZeVnLIqe-",  # RFC 3501 §5.1.3
    "R&D": b"R&-D",
    "&&": b"&-&-",
    "Éléments envoyés": b"&AMk-l&AOk-ments envoy&AOk-s",
    "😀": b"&2D3eAA-",
    "a😀é&-b": b"a&2D3eAADp-&--b",
    "+-,/%*": b"+-,/%*",
    "\t\x7f": b"&AAkAfw-",
    "\uffff\U0010ffff": b"&,,,b,9,,-",
}


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_name_has_this_spelling_and_is_read_back_from_it(text: str) -> None:
    assert encode_utf7(text) == SPELLINGS[text]
    assert decode_utf7(SPELLINGS[text]) == text


@pytest.mark.parametrize(
    "raw",
    [
        b"&",
        b"R&D",
        b"a&AOk",  # does not end
        b"&A-",  # six bits are no octet
        b"&AA-",  # half a unit
        b"&AAAA-",  # a unit and a half
        b"&AOl-",  # bits left over that are not zero
        b"&AOk=-",
        b"&AO/-",  # base64 of the other kind
        b"&AO k-",
        b"&2D0-",  # half a surrogate pair
        b"&3gDYPQ-",  # the halves in the wrong order
        b"&AGE-",  # a, which stands for itself
        b"&ACY-",  # &, which is &-
        b"&AC8-",  # a hidden level
        b"&AOk-&AOk-",  # one run in two pieces
        b"caf\xc3\xa9",
        b"a\tb",
        b"\x7f",
    ],
)
def test_a_second_spelling_or_none_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(BadSyntax, match="not modified UTF-7"):
        decode_utf7(raw)


def test_half_a_character_cannot_be_spelt() -> None:
    with pytest.raises(BadSyntax, match="half a character"):
        encode_utf7("a\ud83d")


def test_each_octet_alone_is_itself_or_refused() -> None:
    for octet in range(256):
        raw = bytes([octet])
        if 0x20 <= octet <= 0x7E and raw != b"&":
            assert decode_utf7(raw) == raw.decode("ascii")
        else:
            with pytest.raises(BadSyntax):
                decode_utf7(raw)
