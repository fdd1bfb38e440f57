"""Log lines carry their fields and nothing that could fool a terminal."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from mssmail.logs import configure_logging
from mssmail.settings import LogFormat


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


def _log(log_format: LogFormat, message: str, **fields: object) -> str:
    stream = io.StringIO()
    configure_logging(log_format, "info", stream)
    logging.getLogger("mssmail.smtp.handler").info(message, extra=fields)
    return stream.getvalue()


def test_text_names_logger_message_and_fields() -> None:
    line = _log(LogFormat.TEXT, "received", trace_id="abc", sender="a b@c.test")
    assert "INFO smtp.handler received trace_id=abc" in line
    assert 'sender="a b@c.test"' in line


def test_json_is_one_object_a_line() -> None:
    tree = json.loads(_log(LogFormat.JSON, "received", trace_id="abc", size=3))
    assert (tree["message"], tree["trace_id"], tree["size"], tree["level"]) == ("received", "abc", 3, "info")


def test_control_characters_do_not_pass() -> None:
    line = _log(LogFormat.TEXT, "bad\r\n2026 INFO forged", helo="\x1b[31m")
    assert line.count("\n") == 1
    assert "\x1b" not in line


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_a_traceback_is_kept(log_format: LogFormat) -> None:
    stream = io.StringIO()
    configure_logging(log_format, "info", stream)
    try:
        int("broken")
    except ValueError:
        logging.getLogger("mssmail").exception("fault")
    assert "ValueError: invalid literal" in stream.getvalue()


def test_an_exception_cannot_forge_a_line() -> None:
    stream = io.StringIO()
    configure_logging(LogFormat.TEXT, "info", stream)
    error = ValueError("bad\r\n2026-01-01T00:00:00.000Z INFO forged\x1b[31m\u2028x")
    logging.getLogger("mssmail").error("fault", exc_info=error)
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("fault")
    assert rest
    assert all(line.startswith("  ") and line.isprintable() for line in rest)


def test_libraries_are_quiet_below_warning() -> None:
    stream = io.StringIO()
    configure_logging(LogFormat.TEXT, "debug", stream)
    logging.getLogger("mail.log").debug("line of a message")
    assert stream.getvalue() == ""
