"""``mssmail account delegate``: who else works in a box, with a sign-in of their own."""

from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.cli.targets import parse_one
from mssmail.core.address import Address
from mssmail.core.clock import read_clock
from mssmail.core.rights import describe_rights, parse_rights
from mssmail.store import delegations


@click.group()
def delegate() -> None:
    """Let other accounts read, work in, or write for a box (a team's box has no password of its own).

    Example: mssmail account delegate add cardio@chu-nord.test marie.martin@chu-nord.test --rights write,send-as
    """


@delegate.command()
@click.argument("box", callback=parse_one)
@click.argument("account", callback=parse_one)
@config_option
@click.option(
    "--rights",
    default="write,send-as",
    show_default=True,
    help="read, write, send-as, or letters of RFC 4314; given before: replaced.",
)
@click.option("--mailbox", default="", help="Only this mailbox of the box, with its own rights.")
def add(box: Address, account: Address, config: Path, rights: str, mailbox: str) -> None:
    """Give ACCOUNT rights on BOX. send-as: it may put the box's address into From and MAIL FROM.

    Example: mssmail account delegate add cardio@chu-nord.test marie.martin@chu-nord.test --rights read
    """
    letters, now = parse_rights(rights), read_clock()
    change_store(
        read_config(config),
        "account delegate add",
        lambda conn: delegations.grant(conn, box, account, letters, now, mailbox),
        account=str(box),
        grantee=str(account),
        rights=letters,
        mailbox=mailbox,
    )
    click.echo(f"{account} has on {box}: {describe_rights(letters)}.")


@delegate.command()
@click.argument("box", callback=parse_one)
@click.argument("account", callback=parse_one)
@config_option
@click.option("--mailbox", default=None, help="Only the rights on this mailbox; all when left out.")
def remove(box: Address, account: Address, config: Path, mailbox: str | None) -> None:
    """Take ACCOUNT's rights on BOX back. It counts from the next message on.

    Example: mssmail account delegate remove cardio@chu-nord.test marie.martin@chu-nord.test
    """
    done = change_store(
        read_config(config),
        "account delegate remove",
        lambda conn: delegations.revoke(conn, box, account, mailbox),
        account=str(box),
        grantee=str(account),
        mailbox=mailbox,
    )
    if not done:
        raise click.ClickException(f"{account} has no rights on {box}")
    click.echo(f"{account} has no rights on {box} any more.")


@delegate.command("list")
@click.argument("box", callback=parse_one, required=False)
@config_option
@click.option("--of", "account", callback=parse_one, help="What this account may do in others' boxes.")
@json_option
def list_rights(box: Address | None, account: Address | None, config: Path, *, as_json: bool) -> None:
    """Show who has rights on BOX, or on all boxes.

    Example: mssmail account delegate list cardio@chu-nord.test
    """
    found = ask_store(
        read_config(config), lambda conn: delegations.list_delegations(conn, grantor=box, grantee=account)
    )
    if as_json:
        print_json(
            [
                {
                    "box": str(each.grantor),
                    "account": str(each.grantee),
                    "mailbox": each.mailbox,
                    "rights": each.rights,
                    "words": describe_rights(each.rights),
                    "created_at": each.created_at.isoformat(timespec="seconds"),
                }
                for each in found
            ]
        )
        return
    rows = [(each.grantor, each.grantee, each.mailbox or "(all)", describe_rights(each.rights)) for each in found]
    print_table(("box", "account", "mailbox", "rights"), rows)
