"""``mssmail list``: distribution lists for alerts."""

from dataclasses import replace
from pathlib import Path

import click

from mssmail.cli.list_members import members
from mssmail.cli.list_posts import moderate, posts, send, send_report
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.cli.targets import parse_one, require_own
from mssmail.core.address import Address
from mssmail.core.clock import read_clock
from mssmail.core.lists import MailList, Posting, Role
from mssmail.store import lists
from mssmail.store.engine import Connection
from mssmail.store.messages import drop_unused_messages

_POSTING = click.Choice([posting.value for posting in Posting])


@click.group("list")
def list_group() -> None:
    """Distribution lists for alerts: who writes, who reads, what became of each message for each member.

    Example: mssmail list create alertes@chu-nord.test --owner marie.martin@chu-nord.test
    """


for command in (members, posts, send, send_report, moderate):
    list_group.add_command(command)


@list_group.command()
@click.argument("address", callback=parse_one)
@config_option
@click.option("--owner", required=True, callback=parse_one, help="Who answers for it; writes without being moderated.")
@click.option("--name", default="", help="What readers see in List-Id.")
@click.option("--posting", type=_POSTING, default="closed", show_default=True, help="Who else may write.")
@click.option("--moderated", is_flag=True, help="What writers and members send waits for a moderator.")
@click.option(
    "--max-bounces", type=click.IntRange(0), default=5, show_default=True, help="Then a member is stopped (0: never)."
)
def create(
    address: Address, config: Path, owner: Address, name: str, posting: str, *, moderated: bool, max_bounces: int
) -> None:
    """Make a list. closed: only the owner, moderators and named writers write to it; members; anyone in the space.

    Example: mssmail list create alertes@chu-nord.test --owner marie.martin@chu-nord.test --name "Alertes sanitaires"
    """
    settings = read_config(config)
    require_own(settings, address)
    new = MailList(0, address, name, owner, Posting(posting), moderated, max_bounces, read_clock())
    facts = {"list": str(address), "owner": str(owner), "posting": posting, "moderated": moderated}
    change_store(settings, "list create", lambda conn: lists.create_list(conn, new), **facts)
    click.echo(f"Made the list {address}.")


@list_group.command("change")
@click.argument("address", callback=parse_one)
@config_option
@click.option("--owner", callback=parse_one, help="Another owner.")
@click.option("--name", help="Another name.")
@click.option("--posting", type=_POSTING, help="Who else may write.")
@click.option("--moderated/--unmoderated", default=None, help="Whether writers and members wait for a moderator.")
@click.option("--max-bounces", type=click.IntRange(0), help="After so many a member is stopped (0: never).")
@click.option("--add-moderator", callback=parse_one, help="May publish what waits, and writes without waiting.")
@click.option("--remove-moderator", callback=parse_one)
@click.option("--add-writer", callback=parse_one, help="May write to the list.")
@click.option("--remove-writer", callback=parse_one)
def change(  # noqa: PLR0913 - one parameter an option
    address: Address,
    config: Path,
    *,
    owner: Address | None,
    name: str | None,
    posting: str | None,
    moderated: bool | None,
    max_bounces: int | None,
    add_moderator: Address | None,
    remove_moderator: Address | None,
    add_writer: Address | None,
    remove_writer: Address | None,
) -> None:
    """Change a list's owner, rules, moderators and writers.

    Example: mssmail list change alertes@chu-nord.test --moderated --add-moderator paul.durand@chu-sud.test
    """
    given = {
        "owner": owner,
        "name": name,
        "posting": None if posting is None else Posting(posting),
        "moderated": moderated,
        "max_bounces": max_bounces,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    roles = (
        (Role.MODERATOR, add_moderator, True),
        (Role.MODERATOR, remove_moderator, False),
        (Role.WRITER, add_writer, True),
        (Role.WRITER, remove_writer, False),
    )

    def work(conn: Connection) -> None:
        found = lists.require_list(conn, address)
        if changes:
            lists.change_list(conn, replace(found, **changes))  # type: ignore[arg-type]
        for role, who, granted in roles:
            if who is not None:
                lists.set_role(conn, found.id, role, who, granted=granted)

    told = {key: str(value) for key, value in changes.items()}
    told |= {f"{'add' if granted else 'remove'}_{role.value}": str(who) for role, who, granted in roles if who}
    change_store(read_config(config), "list change", work, list=str(address), **told)
    click.echo(f"Changed the list {address}.")


@list_group.command()
@click.argument("address", callback=parse_one)
@config_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(address: Address, config: Path, *, yes: bool) -> None:
    """Remove a list with its members, its messages that wait, and all its reports.

    Example: mssmail list delete alertes@chu-nord.test
    """
    if not yes:
        click.confirm(f"Remove the list {address} with its members and reports?", abort=True)

    def work(conn: Connection) -> None:
        drop_unused_messages(conn, lists.delete_list(conn, address))

    change_store(read_config(config), "list delete", work, list=str(address))
    click.echo(f"Removed the list {address}.")


@list_group.command("list")
@config_option
@json_option
def list_lists(config: Path, *, as_json: bool) -> None:
    """List the lists.

    Example: mssmail list list
    """
    found = ask_store(read_config(config), lists.list_lists)
    if as_json:
        print_json([_describe(each) | {"members": number} for each, number in found])
        return
    rows = [
        (each.address, each.name, each.owner, each.posting.value, "yes" if each.moderated else "no", number)
        for each, number in found
    ]
    print_table(("list", "name", "owner", "who writes", "moderated", "members"), rows)


@list_group.command()
@click.argument("address", callback=parse_one)
@config_option
@json_option
def show(address: Address, config: Path, *, as_json: bool) -> None:
    """Show a list: its rules, who has a role, how many are on it.

    Example: mssmail list show alertes@chu-nord.test
    """

    def ask(conn: Connection) -> dict[str, object]:
        found = lists.require_list(conn, address)
        roles = lists.list_roles_of(conn, found.id)
        return _describe(found) | {
            "moderators": [str(who) for role, who in roles if role is Role.MODERATOR],
            "writers": [str(who) for role, who in roles if role is Role.WRITER],
            "members": lists.count_members(conn, found.id),
        }

    facts = ask_store(read_config(config), ask)
    if as_json:
        print_json(facts)
    else:
        rows = [(key, ", ".join(value) if isinstance(value, list) else value) for key, value in facts.items()]
        print_table(("field", "value"), rows)


def _describe(found: MailList) -> dict[str, object]:
    return {
        "list": str(found.address),
        "name": found.name,
        "owner": str(found.owner),
        "posting": found.posting.value,
        "moderated": found.moderated,
        "max_bounces": found.max_bounces,
        "created_at": found.created_at.isoformat(timespec="seconds"),
    }
