"""Signing in with a password, for mail programs of either protocol: checked off the loop, journalled either way."""

import asyncio

from mssmail.core.account import Account
from mssmail.core.address import Address, parse_address
from mssmail.core.clock import Clock
from mssmail.core.decision import Refuse
from mssmail.core.envelope import Peer
from mssmail.errors import BadCredentials, BadSyntax, TooManyFailures
from mssmail.flows.failures import Failures
from mssmail.journal import Entry, Event
from mssmail.policy.login import judge_account, judge_attempt
from mssmail.settings import Login
from mssmail.store.accounts import find_account, find_password_hash, set_password_hash
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.passwords import hash_password, is_outdated, verify_password

MAX_AT_A_TIME = 2  # each check takes 64 MB and a core: more at once would only slow all of them, mail included


class SignIn:
    """Checks passwords. One object for the whole process, so that its limit holds for all listeners together."""

    def __init__(self, store: Store, clock: Clock, limits: Login | None = None) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits or Login()
        self._failures = Failures(self._limits.failure_window_seconds)
        self._turns = asyncio.Semaphore(MAX_AT_A_TIME)

    async def sign_in(self, user: str, password: str, peer: Peer, mechanism: str, *, trace_id: str = "") -> Account:
        """The account of these credentials, journalled before it is handed out.

        Raises BadCredentials with the fact ``rule``: unknown-account, wrong-password or what ``judge_account`` says. It
        takes the same work whichever it is; only the journal, not the client, is told. Raises TooManyFailures where no
        password is looked at for a while.
        """
        address = _read_user(user)
        key = user.lower()[:320] if address is None else address.key
        await self._judge_attempt(key, peer, trace_id)
        account, stored = await asyncio.wrap_future(self._store.read(lambda conn: _find(conn, address)))
        async with self._turns:
            fits = await asyncio.wrap_future(self._store.run(lambda: verify_password(stored, password)))
        rule = _judge(account, fits=fits)
        facts: dict[str, object] = {"mechanism": mechanism, "peer": peer.address, "port": peer.port}
        if account is None or rule:
            self._failures.note_failure(peer.address, key, self._clock())
            await self._note(Event.SIGN_IN_FAILED, trace_id, {"user": user[:320], "rule": rule, **facts})
            raise BadCredentials("unknown user or wrong password", rule=rule)
        await self._note(Event.SIGNED_IN, trace_id, {"account": str(account.address), **facts})
        self._failures.note_success(peer.address, key)
        if stored and is_outdated(stored):
            await self._renew(account.address, password)
        return account

    async def _judge_attempt(self, key: str, peer: Peer, trace_id: str) -> None:
        failures, now = self._failures, self._clock()
        decision = judge_attempt(
            failures.count_account(peer.address, key, now),
            failures.count_address(peer.address, now),
            self._limits,
            is_known=failures.is_known(peer.address, key),
        )
        if isinstance(decision, Refuse):
            facts = {"user": key, "rule": decision.rule, "peer": peer.address, "port": peer.port}
            await self._note(Event.SIGN_IN_FAILED, trace_id, facts)
            raise TooManyFailures("no password is looked at", rule=decision.rule)

    async def _note(self, event: Event, trace_id: str, facts: dict[str, object]) -> None:
        entry = Entry(self._clock(), event, trace_id, facts)
        await asyncio.wrap_future(self._store.submit(lambda conn: append_entries(conn, (entry,))))

    async def _renew(self, address: Address, password: str) -> None:
        async with self._turns:
            made = await asyncio.wrap_future(self._store.run(lambda: hash_password(password)))
        await asyncio.wrap_future(self._store.submit(lambda conn: set_password_hash(conn, address, made)))


def _read_user(user: str) -> Address | None:
    try:
        return parse_address(user)
    except BadSyntax:
        return None


def _find(conn: Connection, address: Address | None) -> tuple[Account | None, str | None]:
    if address is None:
        return None, None
    return find_account(conn, address), find_password_hash(conn, address)


def _judge(account: Account | None, *, fits: bool) -> str:
    """The rule that refuses, or nothing."""
    if account is None:
        return "unknown-account"
    if not fits:
        return "wrong-password"
    decision = judge_account(suspended=account.suspended)
    return decision.rule if isinstance(decision, Refuse) else ""
