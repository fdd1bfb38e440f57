"""Updates of searches that go on."""

from mssmail.imap.wire.context_responses import ContextUpdate, encode_context_update


def test_positions_and_numbers_stand_in_pairs() -> None:
    assert encode_context_update(ContextUpdate("a1", False, "ADDTO", ((0, (1, 2, 5)),))) == (
        b'* ESEARCH (TAG "a1") ADDTO (0 1:2,5)'
    )
    assert encode_context_update(ContextUpdate("a1", True, "REMOVEFROM", ((5, (2,)), (1, (9,))))) == (
        b'* ESEARCH (TAG "a1") UID REMOVEFROM (5 2 1 9)'
    )
