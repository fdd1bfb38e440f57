import pytest

from mssmail.core.address import Address
from mssmail.core.return_path import Purpose, Token, encode_return_path, has_form, verify_return_path

KEY, OTHER = b"k" * 32, b"o" * 32
TOKEN = Token(Purpose.FORWARD, 1_234)
ADDRESS = encode_return_path(TOKEN, "a.test", KEY)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("row_id", [0, 1, 35, 36, 2**63 - 1])
def test_what_is_written_is_read_back_whatever_the_case(purpose: Purpose, row_id: int) -> None:
    address = encode_return_path(Token(purpose, row_id), "a.test", KEY)
    assert len(address.local) <= 64
    assert has_form(address)
    assert verify_return_path(address, KEY) == Token(purpose, row_id)
    assert verify_return_path(Address(address.local.upper(), "a.test"), KEY) == Token(purpose, row_id)


@pytest.mark.parametrize(
    "address",
    [
        Address(ADDRESS.local, "b.test"),  # of another domain
        Address(ADDRESS.local.replace("fwd-", "lst-"), "a.test"),  # of another purpose
        Address(ADDRESS.local.replace("-ya-", "-yb-"), "a.test"),  # of another row
        Address("fwd-ya-aaaaaaaaaaaaaaaa", "a.test"),
        Address("fwd-ya", "a.test"),
        Address("marie", "a.test"),
        Address(f"x{ADDRESS.local}", "a.test"),
    ],
    ids=str,
)
def test_a_forgery_is_none(address: Address) -> None:
    assert verify_return_path(address, KEY) is None


def test_another_key_makes_another_tag() -> None:
    assert "-ya-" in ADDRESS.local
    assert verify_return_path(ADDRESS, OTHER) is None


def test_every_changed_letter_of_the_tag_is_found_out() -> None:
    for place in range(len(ADDRESS.local) - 16, len(ADDRESS.local)):
        letter = "a" if ADDRESS.local[place] != "a" else "b"
        changed = ADDRESS.local[:place] + letter + ADDRESS.local[place + 1 :]
        assert verify_return_path(Address(changed, "a.test"), KEY) is None


def test_only_the_form_is_worth_a_look() -> None:
    assert not has_form(Address("marie", "a.test"))
    assert has_form(Address("fwd-ya-aaaaaaaaaaaaaaaa", "a.test"))
