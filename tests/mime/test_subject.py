"""Base subjects, by the steps of RFC 5256 §2.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.mime.subject import MAX_SUBJECT, find_base_subject


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("", "", False),
        ("hello", "hello", False),
        ("  hello \t world  ", "hello world", False),
        ("Re: hello", "hello", True),
        ("RE:hello", "hello", True),
        ("re : hello", "hello", True),
        ("Fw: hello", "hello", True),
        ("FWD: hello", "hello", True),
        ("Re: fwd: RE: hello", "hello", True),
        ("Re[2]: hello", "hello", True),
        ("Re [2] : hello", "hello", True),
        ("[list] Re: hello", "hello", True),
        ("[list] [more] Re: hello", "hello", True),
        ("[list] hello", "hello", False),
        ("[a] [b] hello", "hello", False),
        ("[list]", "[list]", False),
        ("[a] [b]", "[b]", False),
        ("Re: [list]", "[list]", True),
        ("hello (fwd)", "hello", True),
        ("hello (FWD) (fwd) ", "hello", True),
        ("[fwd: hello]", "hello", True),
        ("[Fwd: Re: hello (fwd)]", "hello", True),
        ("[fwd: [fwd: hello]]", "hello", True),
        ("[fwd: hello] more", "more", False),  # a tag like any other
        ("Re", "Re", False),
        ("Re:", "", True),
        ("reply: hello", "reply: hello", False),
        ("[un[closed] hello", "[un[closed] hello", False),
        ("Réf: bilan", "Réf: bilan", False),
        ("TR: bilan", "TR: bilan", False),  # French programs say so; the standard does not know it
    ],
)
def test_finds_the_base(subject: str, base: str, is_reply: bool) -> None:
    assert find_base_subject(subject) == (base, is_reply)


@given(st.text(st.sampled_from("[]:()refwd \tx"), max_size=40))
def test_a_base_subject_is_its_own_base(subject: str) -> None:
    base, _ = find_base_subject(subject)
    again, _ = find_base_subject(base)
    assert again == base


def test_a_hostile_subject_takes_no_time() -> None:
    subject = "[a]" * 50_000 + "re" * 50_000
    assert len(find_base_subject(subject)[0]) <= MAX_SUBJECT
