"""``mssmail init`` and ``mssmail check-config``: from nothing to a configuration that can be served."""

from dataclasses import replace
from pathlib import Path

import click

from mssmail.app.checks import check_settings
from mssmail.cli.output import config_option, json_option, print_json, read_config
from mssmail.core.address import normalise_domain
from mssmail.errors import BadSyntax, ConfigError
from mssmail.settings import Domain, Server, Settings, encode_settings, load_settings
from mssmail.store.engine import open_store


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="localhost", help="Host name of the server.")
@click.option("--domain", "domains", multiple=True, help="A domain whose accounts it holds; may be repeated.")
def init(directory: Path, name: str, domains: tuple[str, ...]) -> None:
    """Make DIRECTORY with a commented configuration, an empty store and the folders it names.

    Example: mssmail init /etc/mssmail --name mss.hospital.example --domain hospital.mssante.fr
    """
    config = directory / "mssmail.toml"
    if config.exists():
        raise ConfigError("exists already; nothing was changed", file=str(config))
    own = tuple(Domain(_read_host(domain, "--domain")) for domain in domains)
    wanted = Settings(server=replace(Server(), name=_read_host(name, "--name")), domain=own)
    directory.mkdir(parents=True, exist_ok=True)
    config.write_text(encode_settings(wanted), "utf-8")
    settings = load_settings(config)
    for folder in (settings.trust.anchors, settings.server.keys):
        folder.mkdir(mode=0o700, exist_ok=True)
    open_store(settings.server.store, create=True).close()
    click.echo(f"Made {config}.")
    click.echo(
        "Next: put your certificate and key (operator.crt, operator.key) and the CA certificates (anchors/) there,"
    )
    click.echo(f"name the white list in [trust], then: mssmail check-config --config {config}")


def _read_host(text: str, option: str) -> str:
    try:
        return normalise_domain(text)
    except BadSyntax as fault:
        raise click.BadParameter(f"{text!r}: {fault}", param_hint=option) from fault


@click.command("check-config")
@config_option
@json_option
def check_config(config: Path, as_json: bool) -> int:
    """Read the configuration and every file it names; exit 78 when something is wrong.

    Example: mssmail check-config --config /etc/mssmail/mssmail.toml
    """
    faults = check_settings(read_config(config))
    if as_json:
        print_json({"config": str(config), "faults": faults})
    else:
        for fault in faults:
            click.echo(fault, err=True)
        click.echo(f"{config}: {'in order' if not faults else f'{len(faults)} faults'}")
    return 78 if faults else 0
