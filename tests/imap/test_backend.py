"""The protocol the store must meet: everything in it is asynchronous, except what only makes a handle."""

import inspect

from mssmail.imap.backend import Bell, MailStore


def test_only_handles_are_made_without_waiting() -> None:
    methods = {name: method for name, method in vars(MailStore).items() if inspect.isfunction(method)}
    plain = {name for name, method in methods.items() if not inspect.iscoroutinefunction(method)}
    assert {name for name in plain if not name.startswith("_")} == {"listen", "follow", "load_rows"}
    assert inspect.iscoroutinefunction(Bell.wait)
