"""Queue states have the words the command line shows."""

from mssmail.core.queue import QueueState


def test_states_are_named_by_their_word() -> None:
    assert [state.value for state in QueueState] == ["waiting", "sending", "held", "done", "failed"]
