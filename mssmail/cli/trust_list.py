"""``mssmail trust add|remove|sign``: a private trust space keeps its own list."""

from pathlib import Path

import click

from mssmail.cli.files import existing_file, write_whole
from mssmail.core.address import normalise_domain
from mssmail.core.clock import read_clock
from mssmail.trust.anchors import load_file
from mssmail.trust.certificate import load_certificate
from mssmail.trust.sign_list import (
    ListEntry,
    add_entry,
    build_white_list,
    parse_list_key,
    remove_entries,
    sign_white_list,
)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--domain", required=True, help="The domain to list.")
@click.option("--dn", "name", required=True, help="CN=…,OU=…,O=…,ST=…,C=FR of the certificate that speaks for it.")
@click.option("--description", default="-")
@click.option("--responsible", default="-", help="Contact of who answers for the domain.")
@click.option("--support", default="-", help="Contact of the support.")
def add(file: Path, domain: str, name: str, description: str, responsible: str, support: str) -> None:
    """Add a domain, or one more certificate name of it, to a list of your own; FILE is made when it is not there.

    The list is unsigned afterwards: sign it with mssmail trust sign.

    Example: mssmail trust add list.xml --domain a.example --dn "CN=mss.a.example,O=HOSPITAL A,C=FR"
    """
    now = read_clock()
    entry = ListEntry(normalise_domain(domain), name, now, description, responsible, support)
    changed = add_entry(file.read_bytes(), entry, now) if file.exists() else build_white_list([entry], now)
    write_whole(file, changed)
    click.echo(f"Added {entry.domain}; {file} is unsigned now.")


@click.command()
@click.argument("file", type=existing_file)
@click.option("--domain", required=True, help="The domain to take off the list.")
@click.option("--dn", "name", help="Only this certificate name of it.")
def remove(file: Path, domain: str, name: str | None) -> None:
    """Remove a domain, or one certificate name of it, from a list of your own. The list is unsigned afterwards.

    Example: mssmail trust remove list.xml --domain a.example
    """
    write_whole(file, remove_entries(file.read_bytes(), normalise_domain(domain), name, read_clock()))
    click.echo(f"Removed {domain}; {file} is unsigned now.")


@click.command()
@click.argument("file", type=existing_file)
@click.option("--key", type=existing_file, required=True, help="The signer's private key, PEM.")
@click.option("--certificate", type=existing_file, required=True, help="The signer's certificate, PEM.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to; FILE itself when left out.")
def sign(file: Path, key: Path, certificate: Path, output: Path | None) -> None:
    """Sign a list of your own (enveloped XMLDSig); a signature it had is replaced.

    Example: mssmail trust sign list.xml --key signer.key --certificate signer.crt --output /var/www/list.xml
    """
    signing_key = load_file(key, parse_list_key)
    signer = load_file(certificate, load_certificate)
    target = output or file
    write_whole(target, sign_white_list(file.read_bytes(), signing_key, signer))
    click.echo(f"Signed {target}.")
