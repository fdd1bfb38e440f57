"""The fault tree is what its docstring draws, and every fault carries facts."""

import inspect
import re

from mssmail import errors
from mssmail.errors import ConfigError, Fault, NoSuchAccount


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or "")) | {"Fault"}
    there = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Fault)}
    assert drawn == there


def test_a_fault_keeps_its_facts_apart_from_its_text() -> None:
    fault = NoSuchAccount(address="a@a.test")
    assert str(fault) == "NoSuchAccount"
    assert fault.facts == {"address": "a@a.test"}


def test_a_configuration_fault_names_file_line_and_key() -> None:
    assert (
        str(ConfigError("unknown key", file="x.toml", line=3, key="imap.bogus")) == "x.toml:3: imap.bogus: unknown key"
    )
    assert str(ConfigError("cannot be read", file="x.toml")) == "x.toml: cannot be read"
    assert str(ConfigError("is wrong")) == "is wrong"
