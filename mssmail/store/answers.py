"""Automatic answers: who gives which, and whom it has reached."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from mssmail.core.address import Address
from mssmail.core.answer import AnswerTimes
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.store.accounts import find_account
from mssmail.store.schema import accounts, answered, answers


@dataclass(frozen=True, slots=True)
class Answer:
    """What an account answers; empty ``subject``: "Auto:" and that of the message."""

    account: Address
    name: str
    subject: str
    text: str
    times: AnswerTimes


def set_answer(conn: Connection, address: Address, subject: str, text: str, times: AnswerTimes) -> None:
    """Answer so from now on; whoever was answered before may be again. Raises NoSuchAccount, BadAccount."""
    account = find_account(conn, address)
    if account is None:
        raise NoSuchAccount(f"no account {address}", address=str(address))
    if not text.strip() or times.days < 1:
        raise BadAccount("an answer has a text, and each sender gets it once in one day or more")
    if times.starts_at is not None and times.ends_at is not None and times.ends_at <= times.starts_at:
        raise BadAccount("the answers would end before they begin")
    clear_answer(conn, address)
    conn.execute(
        insert(answers).values(
            account_id=account.id,
            subject=subject,
            text=text,
            days=times.days,
            starts_at=times.starts_at,
            ends_at=times.ends_at,
        )
    )


def clear_answer(conn: Connection, address: Address) -> bool:
    """Answer no longer; False when it did not."""
    mine = select(accounts.c.id).where(accounts.c.address_key == address.key).scalar_subquery()
    conn.execute(delete(answered).where(answered.c.account_id == mine))
    return conn.execute(delete(answers).where(answers.c.account_id == mine)).rowcount > 0


def find_answer(conn: Connection, account_id: int) -> Answer | None:
    """What this account answers, now or at another time."""
    wanted = select(answers, accounts.c.local, accounts.c.domain, accounts.c.display_name)
    joined = wanted.join(accounts, accounts.c.id == answers.c.account_id)
    row = conn.execute(joined.where(answers.c.account_id == account_id)).first()
    if row is None:
        return None
    times = AnswerTimes(row.days, row.starts_at, row.ends_at)
    return Answer(Address(row.local, row.domain), row.display_name, row.subject, row.text, times)


def list_answering(conn: Connection) -> frozenset[int]:
    """The ids of all accounts that answer at some time."""
    return frozenset(conn.execute(select(answers.c.account_id)).scalars())


def find_answered_at(conn: Connection, account_id: int, sender: Address) -> datetime | None:
    """When this account answered this sender last."""
    mine = (answered.c.account_id == account_id) & (answered.c.sender_key == sender.key)
    at: datetime | None = conn.execute(select(answered.c.at).where(mine)).scalar()
    return at


def note_answered(conn: Connection, account_id: int, sender: Address, at: datetime) -> None:
    """This account answers this sender now."""
    values = {"account_id": account_id, "sender_key": sender.key, "at": at}
    conn.execute(upsert(answered).values(values).on_conflict_do_update(set_={"at": at}))
