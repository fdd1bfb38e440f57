"""Log lines, for people (text) or machines (json). Whatever a caller passes in ``extra`` becomes a field of the line.

Bodies, passwords and tokens are never logged; control characters never reach a terminal raw.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from mssmail.settings import LogFormat

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_NOISY = ("mail.log", "asyncio", "uvicorn", "httpx", "httpcore", "alembic")


def collect_fields(record: logging.LogRecord) -> dict[str, object]:
    """What the caller passed in ``extra``."""
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _escape(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class TextFormatter(logging.Formatter):
    """``2026-11-21T10:00:00.123Z INFO smtp.handler received id=… from=…``; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields = "".join(f" {key}={_encode_field(value)}" for key, value in collect_fields(record).items())
        place = record.name.removeprefix("mssmail.")
        line = f"{moment} {record.levelname} {place} {_escape(record.getMessage())}{fields}"
        if not record.exc_info:
            return line
        # Indented and escaped: what an exception quotes of a stranger's words must not pass for a line of ours.
        return "\n".join((line, *(f"  {_escape(each)}" for each in self.formatException(record.exc_info).splitlines())))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        tree: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **collect_fields(record),
        }
        if record.exc_info:
            tree["traceback"] = self.formatException(record.exc_info)
        return json.dumps(tree, default=str, ensure_ascii=False)


def _encode_field(value: object) -> str:
    text = _escape(str(value))
    return json.dumps(text, ensure_ascii=False) if not text or " " in text or '"' in text else text


def configure_logging(log_format: LogFormat, level: str, stream: TextIO | None = None) -> None:
    """Send every logger of the program to ``stream`` (standard error). Libraries speak up from WARNING on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format is LogFormat.JSON else TextFormatter())
    # What no line of ours tells need not be found out for each of them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:  # aiosmtpd's mail.log would write message lines at DEBUG
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
