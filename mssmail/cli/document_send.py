"""``mssmail document send``: CDA documents packed, signed and on their way."""

from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid4, uuid5

import click

from mssmail import __version__
from mssmail.app.hand_in import hand_in
from mssmail.cli.files import existing_file
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store
from mssmail.core.account import Account
from mssmail.core.address import Address, parse_address
from mssmail.core.clock import read_clock
from mssmail.core.trace import build_id
from mssmail.documents.pack import Package, Sender, pack_documents
from mssmail.errors import BadDocument, BadSyntax, NoSuchAccount
from mssmail.flows.document_letter import Letter, build_letter
from mssmail.settings import Settings
from mssmail.store.accounts import find_account


@dataclass(frozen=True, slots=True)
class _Files:
    contents: tuple[bytes, ...]
    pdfs: tuple[bytes, ...]


@click.command()
@config_option
@click.option("--account", "author", required=True, help="The account that sends.")
@click.option("--to", "recipients", required=True, multiple=True, help="A recipient; may be repeated.")
@click.option("--cda", "cdas", required=True, multiple=True, type=existing_file, help="A CDA document; repeatable.")
@click.option("--pdf", "pdfs", multiple=True, type=existing_file, help="Its readable copy, in the same order.")
@click.option("--text", default="", help="The letter's words; without: a few in French.")
@click.option("--nil", "product", default="", help="X-MSS-NIL; without: documents.product of the configuration.")
@click.option("--close", "closes", is_flag=True, help="X-MSS-MES: FIN, the patient shall not answer.")
@click.option("--no-receipt", is_flag=True, help="Ask for no receipt.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the letter; send nothing.")
@json_option
def send(  # noqa: PLR0913, PLR0917 - one parameter an option
    config: Path,
    author: str,
    recipients: tuple[str, ...],
    cdas: tuple[Path, ...],
    pdfs: tuple[Path, ...],
    text: str,
    product: str,
    output: Path | None,
    *,
    closes: bool,
    no_receipt: bool,
    as_json: bool,
) -> int:
    """Pack CDA documents about one patient into IHE_XDM.zip, sign the letter and submit it.

    A document with an embedded PDF brings its readable copy along. A running server sends within a minute. Exit 0 when
    taken, 1 when refused or when a document cannot be packed.

    Example: mssmail document send --account labo@hopital.test --to dr@cabinet.test --cda report.xml
    """
    settings = read_config(config)
    files = _Files(tuple(each.read_bytes() for each in cdas), tuple(each.read_bytes() for each in pdfs))
    try:
        account = _find_account(settings, author)
        to = tuple(parse_address(each) for each in recipients)
        package = _pack(settings, account, files)
        letter = Letter(
            account.address,
            account.display_name,
            to,
            text,
            product or settings.documents.product,
            closes=closes,
            wants_receipt=not no_receipt,
        )
        copies = files.pdfs or package.embedded_pdfs
        message_id = f"{build_id()}@{account.address.domain}"
        data = build_letter(letter, package, copies, message_id, read_clock())
    except (BadDocument, BadSyntax, NoSuchAccount) as fault:
        raise click.ClickException(str(fault)) from fault
    if output is not None:
        output.write_bytes(data)
        click.echo(f"written to {output}, unsigned, {len(data)} octets; nothing was sent")
        return 0
    return _submit(settings, data, account.address, to, package, as_json=as_json)


def _find_account(settings: Settings, text: str) -> Account:
    address = parse_address(text)
    account = ask_store(settings, lambda conn: find_account(conn, address))
    if account is None:
        raise NoSuchAccount(f"nobody has the address {text} here")
    if account.suspended:
        raise NoSuchAccount(f"the account {text} is suspended")
    return account


def _pack(settings: Settings, account: Account, files: _Files) -> Package:
    source = f"2.25.{uuid5(NAMESPACE_DNS, settings.server.name).int}"
    sender = Sender(account.display_name or str(account.address), f"mssmail {__version__}", source)
    set_oid = f"2.25.{uuid4().int}"
    return pack_documents(files.contents, sender, set_oid, read_clock(), test_space=settings.documents.test_space)


def _submit(
    settings: Settings, data: bytes, author: Address, to: tuple[Address, ...], package: Package, *, as_json: bool
) -> int:
    reply = hand_in(settings, data, author, to)
    is_taken = reply.code < 300
    facts = {
        "reply": str(reply),
        "id": reply.text.split(" ")[0] if is_taken else None,
        "recipients": [str(each) for each in to],
        "codecda": package.codes,
        "ins": "O" if package.is_qualified else "N",
        "archive_octets": len(package.archive),
        "octets": len(data),
    }
    if as_json:
        print_json(facts)
    else:
        print_table(("", ""), facts.items())
        if is_taken:
            click.echo(f"mssmail explain {facts['id']} tells how it goes on.")
    return 0 if is_taken else 1
