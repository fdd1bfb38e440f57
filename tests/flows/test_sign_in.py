import asyncio
from datetime import timedelta
from functools import partial

import pytest
from argon2 import PasswordHasher

from mssmail.core.account import Account
from mssmail.core.address import parse_address
from mssmail.core.envelope import Peer
from mssmail.errors import BadCredentials, TooManyFailures
from mssmail.flows.sign_in import SignIn
from mssmail.journal import Event
from mssmail.settings import Login
from mssmail.store.accounts import find_password_hash, suspend
from mssmail.store.engine import Store
from mssmail.store.journal import read_entries
from mssmail.store.passwords import is_outdated
from tests.support.store import NOW, add_account, hash_once

PEER = Peer("192.0.2.7", 4711)
ANNE = parse_address("anne@a.test")


@pytest.fixture
def anne(store: Store) -> Account:
    return add_account(store, password_hash=hash_once("secret"))


@pytest.fixture
async def sign_in(store: Store) -> partial:  # type: ignore[type-arg]
    return partial(SignIn(store, lambda: NOW).sign_in, peer=PEER, mechanism="PLAIN", trace_id="s1")


def _read_journal(store: Store) -> list[tuple[Event, object]]:
    return [
        (kept.entry.event, kept.entry.facts.get("rule", kept.entry.facts.get("account")))
        for kept in store.read(read_entries).result()
    ]


@pytest.mark.parametrize("user", ["anne@a.test", "ANNE@a.test", "Anne@A.TEST"])
async def test_the_right_password_opens_the_account(store: Store, anne: Account, sign_in: partial, user: str) -> None:  # type: ignore[type-arg]
    assert await sign_in(user, "secret") == anne
    (kept,) = store.read(read_entries).result()
    assert (kept.entry.event, kept.entry.trace_id) == (Event.SIGNED_IN, "s1")
    assert kept.entry.facts == {
        "account": "anne@a.test",
        "mechanism": "PLAIN",
        "peer": "192.0.2.7",
        "port": 4711,
    }


@pytest.mark.usefixtures("anne")
@pytest.mark.parametrize(
    ("user", "password", "rule"),
    [
        ("anne@a.test", "Secret", "wrong-password"),
        ("anne@a.test", "", "wrong-password"),
        ("zoe@a.test", "secret", "unknown-account"),
        ("anne", "secret", "unknown-account"),
        ("", "", "unknown-account"),
        ("x" * 10_000 + "@a.test", "secret", "unknown-account"),
    ],
)
async def test_anything_else_is_refused_alike_and_journalled_apart(
    store: Store,
    sign_in: partial,  # type: ignore[type-arg]
    user: str,
    password: str,
    rule: str,
) -> None:
    with pytest.raises(BadCredentials, match="unknown user or wrong password") as caught:
        await sign_in(user, password)
    assert caught.value.facts == {"rule": rule}
    assert _read_journal(store) == [(Event.SIGN_IN_FAILED, rule)]
    assert len(str(store.read(read_entries).result()[0].entry.facts["user"])) <= 320


@pytest.mark.usefixtures("anne")
async def test_a_suspended_account_is_refused_only_after_its_password_held(store: Store, sign_in: partial) -> None:  # type: ignore[type-arg]
    store.submit(lambda conn: suspend(conn, ANNE)).result()
    for password, rule in (("wrong", "wrong-password"), ("secret", "account-suspended")):
        with pytest.raises(BadCredentials) as caught:
            await sign_in("anne@a.test", password)
        assert caught.value.facts["rule"] == rule


async def test_an_account_without_a_password_lets_nobody_in(store: Store, sign_in: partial) -> None:  # type: ignore[type-arg]
    add_account(store)
    for password in ("", "nobody has this password"):
        with pytest.raises(BadCredentials):
            await sign_in("anne@a.test", password)


@pytest.mark.usefixtures("anne")
async def test_no_password_reaches_the_journal(store: Store, sign_in: partial) -> None:  # type: ignore[type-arg]
    with pytest.raises(BadCredentials):
        await sign_in("anne@a.test", "very-private")
    assert "very-private" not in str(store.read(read_entries).result())


async def test_an_old_hash_is_made_anew_at_the_next_sign_in(store: Store, sign_in: partial) -> None:  # type: ignore[type-arg]
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("secret")
    add_account(store, password_hash=weak)
    await sign_in("anne@a.test", "secret")
    made = store.read(lambda conn: find_password_hash(conn, ANNE)).result()
    assert made
    assert not is_outdated(made)
    await sign_in("anne@a.test", "secret")


@pytest.mark.usefixtures("anne")
async def test_many_at_once_are_all_answered(sign_in: partial) -> None:  # type: ignore[type-arg]
    answers = await asyncio.gather(*(sign_in("anne@a.test", "secret") for _ in range(5)))
    assert {account.address for account in answers} == {ANNE}


async def test_guessing_from_one_address_ends_but_not_for_those_who_were_there_before(
    store: Store, anne: Account
) -> None:
    moments = [NOW]
    limits = Login(max_failures_per_account=3, max_failures_per_address=4, failure_window_seconds=60)
    signs = SignIn(store, lambda: moments[0], limits)
    add_account(store, "bea@a.test", password_hash=hash_once("secret"))

    async def attempt(user: str, password: str, peer: Peer = PEER) -> str:
        try:
            return str((await signs.sign_in(user, password, peer, "PLAIN")).address)
        except BadCredentials:
            return "wrong"
        except TooManyFailures:
            return "not now"

    assert await attempt("anne@a.test", "secret") == "anne@a.test"
    assert [await attempt("zoe@a.test", "x") for _ in range(4)] == ["wrong"] * 3 + ["not now"]
    assert await attempt("yan@a.test", "x") == "wrong"
    assert await attempt("bea@a.test", "secret") == "not now"
    assert await attempt("anne@a.test", "secret") == "anne@a.test"
    assert await attempt("bea@a.test", "secret", Peer("192.0.2.8", 1)) == "bea@a.test"
    assert _read_journal(store).count((Event.SIGN_IN_FAILED, "address-guesses")) == 1
    moments[0] = NOW + timedelta(seconds=60)
    assert await attempt("zoe@a.test", "x") == "wrong"
    assert str(anne.address) == "anne@a.test"
