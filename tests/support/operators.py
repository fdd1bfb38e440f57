"""A real operator for tests: configuration, certificates, store and an account in a folder; ports are chosen freely."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mssmail.core.account import AccountKind
from mssmail.core.address import parse_address
from mssmail.lab.pki import describe_subject
from mssmail.settings import (
    Domain,
    Endpoint,
    Http,
    Imap,
    Relay,
    RevocationMode,
    Server,
    Settings,
    Submission,
    Trust,
    encode_settings,
    load_settings,
)
from mssmail.store.accounts import NewAccount, create_account
from mssmail.trust.sign_list import ListEntry, build_white_list, sign_white_list
from tests.support.pki import Pki
from tests.support.store import hash_once, make_store

ANY = Endpoint("127.0.0.1", 0)
LIST_SIGNER = "liste@confiance.test"
PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything is."""

    folder: Path
    config: Path
    settings: Settings


def build_site(folder: Path, pki: Pki, now: datetime, *, domain: str = "a.test", local: str = "marie") -> Site:
    """An operator of one domain with one account, trusting the PKI; the list names it and peer.test."""
    folder.mkdir(parents=True, exist_ok=True)
    pki.write_anchors(folder / "anchors")
    (folder / "intermediates").mkdir()
    pki.issuing.credential.write(folder / "intermediates", "issuing")
    (folder / "intermediates" / "issuing.key").unlink()
    (folder / "keys").mkdir()
    address = f"{local}@{domain}"
    if address.isascii():  # others are signed for by their organisation
        pki.make_person(address).write_bundle(folder / "keys" / f"{address}.pem")
    operator = pki.make_operator(f"mss.{domain}")
    operator.write(folder, "operator")
    write_list(folder / "list.xml", pki, now, {domain: operator, "peer.test": pki.make_operator("mss.peer.test")})
    for number, crl in enumerate(pki.make_crls()):
        (folder / f"{number}.crl").write_bytes(crl)
    settings = Settings(
        server=Server(name=f"mss.{domain}"),
        relay=Relay(listen=ANY),
        submission=Submission(listen=ANY, listen_tls=ANY),
        imap=Imap(listen=ANY, listen_tls=ANY),
        http=Http(listen=ANY),
        trust=Trust(
            intermediates=Path("intermediates"),
            white_list_file=Path("list.xml"),
            white_list_signer=f"mail={LIST_SIGNER}",
            crl_urls=tuple((folder / f"{number}.crl").as_uri() for number in (0, 1)),
            revocation=RevocationMode.HARD,
        ),
        domain=(Domain(domain),),
    )
    config = folder / "mssmail.toml"
    config.write_text(encode_settings(settings))
    store = make_store(folder / "store")
    new = NewAccount(parse_address(address), now, AccountKind.PER, "Marie", password_hash=hash_once(PASSWORD))
    store.submit(lambda conn: create_account(conn, new)).result()
    store.close()
    return Site(folder, config, load_settings(config))


def write_list(path: Path, pki: Pki, now: datetime, names: Mapping[str, object]) -> None:
    """A signed white list that names these operators, each for its domain."""
    signer = pki.make_person(LIST_SIGNER)
    entries = [
        ListEntry(domain, describe_subject(credential.certificate.subject), now)  # type: ignore[attr-defined]
        for domain, credential in names.items()
    ]
    raw = build_white_list(entries, now - timedelta(hours=1))
    path.write_bytes(sign_white_list(raw, signer.key, signer.certificate))  # type: ignore[arg-type]
