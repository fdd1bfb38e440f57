"""What reverse paths of our own stand for. A row comes with the mail that leaves under it, and lives for a while."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from mssmail.core.address import Address, parse_address
from mssmail.core.parameters import (
    MailParameters,
    RecipientParameters,
    parse_mail_parameters,
    parse_recipient_parameters,
)
from mssmail.core.return_path import Purpose, Token, encode_return_path, has_form, verify_return_path
from mssmail.store.schema import passed_reports, return_paths
from mssmail.store.secrets import RETURN_PATHS, find_secret, require_secret

REPORTS_EACH: Final = 8
"""Reports taken about one address the mail was sent on to: a few delays, and how it ended."""

_SWEEP: Final = 100  # expired rows that a new one takes with it


@dataclass(frozen=True, slots=True)
class Original:
    """What a message that we sent on came with: its reverse path, and whom its author wrote to."""

    reverse_path: Address
    recipient: Address
    trace_id: str
    mail: MailParameters
    parameters: RecipientParameters


@dataclass(frozen=True, slots=True)
class KeptReturnPath:
    """An original found again."""

    id: int
    original: Original
    reports_left: int


def create_return_path(
    conn: Connection, original: Original, domain: str, ends: int, now: datetime, expires_at: datetime
) -> Address:
    """A reverse path in this domain of ours for mail sent on to so many addresses."""
    old = select(return_paths.c.id).where(return_paths.c.expires_at <= now).limit(_SWEEP)
    conn.execute(delete(return_paths).where(return_paths.c.id.in_(old)))
    values = {
        "original": str(original.reverse_path),
        "recipient": str(original.recipient),
        "trace_id": original.trace_id,
        "mail_parameters": original.mail.encode(),
        "parameters": original.parameters.encode(),
        "expires_at": expires_at,
        "reports_left": REPORTS_EACH * ends,
    }
    row_id = conn.execute(insert(return_paths).values(values).returning(return_paths.c.id)).scalar_one()
    return encode_return_path(Token(Purpose.FORWARD, row_id), domain, require_secret(conn, RETURN_PATHS, now))


def find_token(conn: Connection, address: Address) -> Token | None:
    """What the address names, if we made it; None for every other, forgeries included."""
    if not has_form(address):
        return None
    key = find_secret(conn, RETURN_PATHS)
    return None if key is None else verify_return_path(address, key)


def find_return_path(conn: Connection, address: Address, now: datetime) -> KeptReturnPath | None:
    """What stands behind one of our reverse paths; None when it is forged, expired or has had its reports."""
    token = find_token(conn, address)
    if token is None or token.purpose is not Purpose.FORWARD:
        return None
    is_open = (return_paths.c.expires_at > now) & (return_paths.c.reports_left > 0)
    row = conn.execute(select(return_paths).where(return_paths.c.id == token.row_id, is_open)).first()
    return None if row is None else KeptReturnPath(row.id, _build(row), row.reports_left)


def find_original(conn: Connection, token: Token) -> Original | None:
    """What a token of ours stands for, expired or not."""
    if token.purpose is not Purpose.FORWARD:
        return None
    row = conn.execute(select(return_paths).where(return_paths.c.id == token.row_id)).first()
    return None if row is None else _build(row)


def _build(row: Row[*tuple[Any, ...]]) -> Original:
    return Original(
        parse_address(row.original),
        parse_address(row.recipient),
        row.trace_id,
        parse_mail_parameters(row.mail_parameters),
        parse_recipient_parameters(row.parameters),
    )


def note_report(conn: Connection, return_path_id: int, data: bytes) -> bool:
    """Count a report that is passed back; False when this very one was, or no more are taken.

    A peer that lost our 250 sends the same again: it is answered 250 again and nothing else happens.
    """
    digest = hashlib.sha256(data).digest()
    is_same = (passed_reports.c.return_path_id == return_path_id) & (passed_reports.c.sha256 == digest)
    if conn.execute(select(passed_reports.c.return_path_id).where(is_same)).first() is not None:
        return False
    is_open = (return_paths.c.id == return_path_id) & (return_paths.c.reports_left > 0)
    counted = update(return_paths).where(is_open).values(reports_left=return_paths.c.reports_left - 1)
    if conn.execute(counted).rowcount == 0:
        return False
    conn.execute(insert(passed_reports).values(return_path_id=return_path_id, sha256=digest))
    return True
