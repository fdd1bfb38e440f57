"""``mssmail account``: who has a box here. Every act is journaled in the transaction that does it."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from mssmail.cli.account_answer import answer
from mssmail.cli.account_delegate import delegate
from mssmail.cli.account_forward import forward
from mssmail.cli.files import write_secret
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.core.account import Account, AccountKind
from mssmail.core.address import Address, parse_address
from mssmail.core.clock import read_clock
from mssmail.core.identifiers import Scheme, require_owner
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.settings import Settings
from mssmail.smime.credential import convert_credential
from mssmail.store import accounts
from mssmail.store.engine import Connection
from mssmail.store.passwords import hash_password

T = TypeVar("T")
_MIN_PASSWORD = 8


@click.group()
def account() -> None:
    """Add, show and change accounts (the boxes of people, teams and machines).

    Example: mssmail account add marie.martin@chu-nord.test --kind PER --rpps 99900000011
    """


account.add_command(answer)
account.add_command(delegate)
account.add_command(forward)


def _parse(_context: click.Context, _parameter: click.Parameter, value: str) -> Address:
    return parse_address(value)


address_argument = click.argument("address", callback=_parse)


def _change(settings: Settings, act: str, address: Address, work: Callable[[Connection], T], **facts: object) -> T:
    return change_store(settings, act, work, account=str(address), **facts)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < _MIN_PASSWORD:
        raise BadAccount(f"the password is shorter than {_MIN_PASSWORD} characters")
    return password


stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
no_password_option = click.option(
    "--no-password", is_flag=True, help="Nobody signs in to it: it is used by delegation (a team's box)."
)


@account.command()
@address_argument
@config_option
@click.option("--kind", type=click.Choice([kind.value for kind in AccountKind]), default="PER", show_default=True)
@click.option("--name", "display_name", default="", help="Display name.")
@click.option("--rpps", default="", help="RPPS number of the professional (PER, CAB).")
@click.option("--finess", default="", help="FINESS number of the structure (ORG, APP).")
@click.option("--siret", default="", help="SIRET number of the structure (ORG, APP).")
@click.option("--no-owner", is_flag=True, help="A trust space without national identifiers.")
@click.option("--red-list", is_flag=True, help="Works, but is published nowhere.")
@click.option("--quota-megabytes", type=click.IntRange(1), help="How much it may hold; unlimited when left out.")
@no_password_option
@stdin_option
def add(  # noqa: PLR0913 - one parameter an option
    address: Address,
    config: Path,
    *,
    kind: str,
    display_name: str,
    rpps: str,
    finess: str,
    siret: str,
    quota_megabytes: int | None,
    no_owner: bool,
    red_list: bool,
    no_password: bool,
    password_stdin: bool,
) -> None:
    """Add an account with INBOX, Sent, Drafts, Trash, Junk and Archive.

    Example: mssmail account add cardio@chu-nord.test --kind ORG --finess 990000010 --no-password
    """
    settings = read_config(config)
    if settings.find_domain(address.domain) is None:
        raise BadAccount(f"{address.domain} is not a [[domain]] of {config}")
    given = ((Scheme.RPPS, rpps), (Scheme.FINESS, finess), (Scheme.SIRET, siret))
    owner = {scheme: value for scheme, value in given if value}
    if not no_owner:
        require_owner(AccountKind(kind), owner)
    new = accounts.NewAccount(
        address,
        read_clock(),
        AccountKind(kind),
        display_name,
        tuple((scheme.value, value) for scheme, value in owner.items()),
        red_list,
        "" if no_password else hash_password(_read_password(from_stdin=password_stdin)),
        quota_megabytes * 1_000_000 if quota_megabytes else None,
    )
    _change(settings, "account add", address, lambda conn: accounts.create_account(conn, new), kind=kind)
    click.echo(f"Added {address}.")


@account.command("list")
@config_option
@click.option("--domain", help="Only this domain.")
@json_option
def list_accounts(config: Path, domain: str | None, *, as_json: bool) -> None:
    """List accounts.

    Example: mssmail account list --domain chu-nord.test
    """
    found = ask_store(read_config(config), lambda conn: accounts.list_accounts(conn, domain))
    if as_json:
        print_json([_describe(each) for each in found])
    else:
        rows = [(a.address, a.kind.value, a.display_name, "suspended" if a.suspended else "") for a in found]
        print_table(("address", "kind", "name", "state"), rows)


@account.command()
@address_argument
@config_option
@json_option
def show(address: Address, config: Path, *, as_json: bool) -> None:
    """Show one account and what it holds.

    Example: mssmail account show marie.martin@chu-nord.test
    """
    settings = read_config(config)

    def ask(conn: Connection) -> tuple[Account, accounts.Usage]:
        found = accounts.find_account(conn, address)
        if found is None:
            raise NoSuchAccount(f"no account {address}")
        return found, accounts.find_usage(conn, found.id)

    found, usage = ask_store(settings, ask)
    facts = {**_describe(found), **asdict(usage), "signing_key": _key_file(settings, address).exists()}
    if as_json:
        print_json(facts)
    else:
        print_table(("field", "value"), facts.items())


@account.command()
@address_argument
@config_option
@no_password_option
@stdin_option
def passwd(address: Address, config: Path, *, no_password: bool, password_stdin: bool) -> None:
    """Set a new password, or take it away.

    Example: mssmail account passwd marie.martin@chu-nord.test
    """
    hashed = "" if no_password else hash_password(_read_password(from_stdin=password_stdin))
    _change(
        read_config(config), "account passwd", address, lambda conn: accounts.set_password_hash(conn, address, hashed)
    )
    click.echo(f"Changed the password of {address}.")


@account.command()
@address_argument
@config_option
@click.option("--name", "display_name", help="Display name.")
@click.option("--red-list/--no-red-list", default=None, help="Works, but is published nowhere.")
@click.option("--quota-megabytes", type=click.IntRange(1), help="How much it may hold.")
@click.option("--no-quota", is_flag=True, help="It may hold as much as there is.")
def change(
    address: Address,
    config: Path,
    *,
    display_name: str | None,
    red_list: bool | None,
    quota_megabytes: int | None,
    no_quota: bool,
) -> None:
    """Change what an account is called, where it is published and how much it may hold; what is left out stays.

    Example: mssmail account change marie.martin@chu-nord.test --quota-megabytes 5000
    """
    given = {"name": display_name, "red_list": red_list, "quota_megabytes": "none" if no_quota else quota_megabytes}
    facts = {name: value for name, value in given.items() if value is not None}
    if not facts:
        raise click.UsageError("nothing to change was named")
    if no_quota and quota_megabytes:
        raise click.UsageError("--quota-megabytes and --no-quota contradict each other")

    def work(conn: Connection) -> None:
        if "name" in facts or "red_list" in facts:
            accounts.set_profile(conn, address, display_name=display_name, red_list=red_list)
        if "quota_megabytes" in facts:
            accounts.set_quota(conn, address, quota_megabytes * 1_000_000 if quota_megabytes else None)

    _change(read_config(config), "account change", address, work, **facts)
    click.echo(f"Changed {address}.")


@account.command()
@address_argument
@config_option
@click.option("--undo", is_flag=True, help="Let the account in again.")
def suspend(address: Address, config: Path, *, undo: bool) -> None:
    """Suspend an account: no sign-in and no new mail; what it holds stays.

    Example: mssmail account suspend marie.martin@chu-nord.test
    """
    act = "account resume" if undo else "account suspend"
    _change(read_config(config), act, address, lambda conn: accounts.suspend(conn, address, suspended=not undo))
    click.echo(f"{address} is {'active again' if undo else 'suspended'}.")


@account.command()
@address_argument
@config_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(address: Address, config: Path, *, yes: bool) -> None:
    """Remove an account with all its mail.

    Example: mssmail account remove marie.martin@chu-nord.test
    """
    if not yes:
        click.confirm(f"Remove {address} and all its mail?", abort=True)
    _change(read_config(config), "account remove", address, lambda conn: accounts.remove(conn, address))
    click.echo(f"Removed {address}.")


@account.command("import-key")
@address_argument
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@click.option("--p12-password", default="", help="Of a PKCS#12 file; asked for when left out.")
def import_key(address: Address, file: Path, config: Path, p12_password: str) -> None:
    """Keep the account's S/MIME key and certificates (PKCS#12 or PEM): its unsigned mail is signed with it.

    Example: mssmail account import-key marie.martin@chu-nord.test marie.p12
    """
    settings = read_config(config)
    raw = file.read_bytes()
    if not p12_password and b"-----BEGIN" not in raw:
        p12_password = click.prompt("Password of the file", hide_input=True)
    target = _key_file(settings, address)
    pem = convert_credential(raw, p12_password)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    write_secret(target, pem)
    _change(settings, "account import-key", address, lambda _conn: None, file=target.name)
    click.echo(f"{address} signs with {target}.")


def _key_file(settings: Settings, address: Address) -> Path:
    return settings.server.keys / f"{address.key}.pem"


def _describe(found: Account) -> dict[str, object]:
    return {
        "address": str(found.address),
        "kind": found.kind.value,
        "name": found.display_name,
        "owner": dict(found.owner),
        "red_list": found.red_list,
        "suspended": found.suspended,
        "created_at": _encode_moment(found.created_at),
        "quota_bytes": found.quota_bytes,
    }


def _encode_moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
