"""The stranger waits, but not for ever."""

from mssmail.lab.check.waiting import address_at, wait_for


def test_addresses_are_the_strangers() -> None:
    assert address_at("picky", "later") == "later@picky.sending.test"


def test_what_is_waited_for_is_the_answer() -> None:
    answers = iter(("", "", "so"))
    assert wait_for(lambda: next(answers)) == "so"
    assert wait_for(lambda: "", seconds=0.05) == "nothing happened"
