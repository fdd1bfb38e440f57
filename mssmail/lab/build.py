"""Builds a lab's folder: CAs, operators with their configuration and store, accounts, white list, bad certificates."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from mssmail.core.account import AccountKind
from mssmail.core.address import parse_address
from mssmail.lab import audit, strangers
from mssmail.lab.authorities import Authorities, create_authorities
from mssmail.lab.layout import HOST, P12_PASSWORD, Lab, LabAccount, LabOperator, plan_ports
from mssmail.lab.pki import (
    Authority,
    Credential,
    Profile,
    build_subject,
    create_root,
    describe_subject,
    issue_operator,
    issue_organisation,
    issue_person,
)
from mssmail.settings import (
    Connector,
    Documents,
    Domain,
    Endpoint,
    Http,
    Imap,
    Patient,
    Queue,
    Relay,
    Route,
    Server,
    Settings,
    Setup,
    SmimeMode,
    Submission,
    Trust,
    encode_settings,
)
from mssmail.store.accounts import NewAccount, create_account
from mssmail.store.engine import open_store
from mssmail.store.passwords import hash_password
from mssmail.trust.sign_list import ListEntry, build_white_list, sign_white_list

LIST_SIGNER = "liste-blanche@confiance.test"
PATIENT_DOMAIN = "patient.test"
PEER_DOMAIN = "etranger.test"
FILING_ACCOUNT = "dossiers@chu-sud.test"  # its documents go to the lab's own software
PEER_AUTHOR = f"dr.dupuis@{PEER_DOMAIN}"


@dataclass(frozen=True, slots=True)
class _Plan:
    """An operator before it is built. Accounts: (local part and domain, kind, display name, owner)."""

    name: str
    domains: tuple[str, ...]
    accounts: tuple[tuple[str, AccountKind, str, tuple[tuple[str, str], ...]], ...]


# Invented people; the identifiers carry right check digits and belong to nobody.
_PLANS = (
    _Plan(
        "nord",
        ("chu-nord.test", "labo-nord.test"),
        (
            ("marie.martin@chu-nord.test", AccountKind.PER, "Dr Marie MARTIN", (("RPPS", "99900000011"),)),
            ("cardiologie@chu-nord.test", AccountKind.ORG, "Cardiologie CHU Nord", (("FINESS", "990000010"),)),
            ("resultats@labo-nord.test", AccountKind.APP, "Laboratoire Nord", (("FINESS", "990000028"),)),
        ),
    ),
    _Plan(
        "sud",
        ("chu-sud.test", "cabinet-sud.test", PATIENT_DOMAIN),
        (
            ("paul.durand@chu-sud.test", AccountKind.PER, "Dr Paul DURAND", (("RPPS", "99900000029"),)),
            ("accueil@cabinet-sud.test", AccountKind.CAB, "Cabinet du Sud", (("RPPS", "99900000037"),)),
            (FILING_ACCOUNT, AccountKind.APP, "Dossiers CHU Sud", ()),
            (f"279035121518989@{PATIENT_DOMAIN}", AccountKind.PER, "Alice FICTIF", ()),
            (f"179032A21518933@{PATIENT_DOMAIN}", AccountKind.PER, "Paul FICTIF", ()),
        ),
    ),
)


def build_lab(folder: Path, port_base: int, now: datetime) -> Lab:
    """A whole lab in an empty or new folder. Nothing is started."""
    folder.mkdir(parents=True, exist_ok=True)
    lab = Lab(str(folder.absolute()), port_base)
    lab.published.mkdir(exist_ok=True)
    lab.filed.mkdir(mode=0o700, exist_ok=True)
    authorities = create_authorities(folder / "ca", now, lab.crl_url("root"), lab.crl_url("issuing"))
    publisher = authorities.issuing.issue(Profile.SERVER, build_subject("localhost"), now, hosts=("localhost", HOST))
    publisher.write(folder / "ca", "publisher")
    lab.filing_secret.touch(mode=0o600)
    lab.filing_secret.write_text(secrets.token_urlsafe(32))
    lab = replace(lab, scenarios=_build_scenarios(lab, authorities, now))
    for number, plan in enumerate(_PLANS):
        lab = _build_operator(lab, plan, number, authorities.issuing, now)
    authorities.save()
    authorities.publish_crls(lab.published, now)
    _publish_white_list(lab, authorities.issuing, now)
    lab.save()
    return lab


def plan_endpoints(port_base: int) -> list[Endpoint]:
    """Every address a lab with this base listens at."""
    lab = Lab("", port_base)
    ports = [port for number in range(len(_PLANS)) for port in asdict(plan_ports(port_base + 100 * number)).values()]
    return [lab.crl_endpoint, lab.list_endpoint, lab.filing_endpoint, *(Endpoint(HOST, port) for port in ports)]


def _build_operator(lab: Lab, plan: _Plan, number: int, authority: Authority, now: datetime) -> Lab:
    path = lab.path / "operators" / plan.name
    for folder in ("anchors", "intermediates", "keys"):
        (path / folder).mkdir(parents=True, mode=0o700)
    shutil.copy(lab.path / "ca" / "root.crt", path / "anchors")
    shutil.copy(lab.path / "ca" / "issuing.crt", path / "intermediates")
    credential = issue_operator(authority, f"mss.{plan.domains[0]}", now, unit=f"199000001{number}")
    credential.write(path, "operator")
    dn = describe_subject(credential.certificate.subject)
    operator = LabOperator(plan.name, plan.domains, dn, plan_ports(lab.port_base + 100 * number), str(path))
    for domain in plan.domains:
        organisation = issue_organisation(authority, domain, now)
        organisation.write_bundle(path / "keys" / f"domain-signing-authority@{domain}.pem")
    operator.config.write_text(encode_settings(_build_settings(lab, operator)), "utf-8")
    accounts = _build_accounts(operator, plan, authority, now)
    return replace(lab, operators=(*lab.operators, operator), accounts=(*lab.accounts, *accounts))


def _build_accounts(operator: LabOperator, plan: _Plan, authority: Authority, now: datetime) -> list[LabAccount]:
    made: list[LabAccount] = []
    store = open_store(operator.path / "store", create=True)
    try:
        for text, kind, display_name, owner in plan.accounts:
            password = secrets.token_urlsafe(12)
            new = NewAccount(parse_address(text), now, kind, display_name, owner, password_hash=hash_password(password))
            store.submit(lambda conn, new=new: create_account(conn, new)).result()  # type: ignore[misc]
            credential = issue_person(authority, text, now)
            credential.write_bundle(operator.path / "keys" / f"{text}.pem")
            p12 = operator.path / "keys" / f"{text}.p12"
            p12.write_bytes(credential.to_p12(P12_PASSWORD, display_name))
            made.append(LabAccount(text, password, operator.name, kind.value, display_name, str(p12)))
    finally:
        store.close()
    return made


# One domain takes unsigned mail too, so that it can be seen that such mail is never marked.
_MODES = {"cabinet-sud.test": SmimeMode.VERIFY}


# Nobody who watches a lab waits a minute to see mail tried again.
_QUEUE = Queue(
    retry_seconds=(2, 4, 8, 30, 60, 300),
    delay_report_seconds=(15, 14_400),
    connect_timeout_seconds=10,
    command_timeout_seconds=10,
)


def _build_settings(lab: Lab, operator: LabOperator) -> Settings:
    others = [(plan, number) for number, plan in enumerate(_PLANS) if plan.name != operator.name]
    routes = [
        Route(domain, HOST, plan_ports(lab.port_base + 100 * number).smtp)
        for plan, number in others
        for domain in plan.domains
    ]
    return Settings(
        documents=Documents(test_space=True),
        server=Server(name=f"mss.{operator.domains[0]}"),
        relay=Relay(listen=operator.endpoint("smtp")),
        submission=Submission(listen=operator.endpoint("submission"), listen_tls=operator.endpoint("submissions")),
        imap=Imap(listen=operator.endpoint("imap"), listen_tls=operator.endpoint("imaps")),
        http=Http(listen=operator.endpoint("http")),
        setup=Setup(listen=operator.endpoint("setup"), host="localhost"),  # a name, for DNS names hosts
        trust=Trust(
            intermediates=Path("intermediates"),
            white_list_url=lab.white_list_url,
            white_list_signer=f"mail={LIST_SIGNER}",
            crl_urls=(lab.crl_url("root"), lab.crl_url("issuing")),
            white_list_refresh_seconds=300,
            crl_refresh_seconds=300,
        ),
        domain=tuple(Domain(domain, _MODES.get(domain, SmimeMode.REQUIRE)) for domain in operator.domains),
        route=(*routes, *audit.build_routes(lab), *strangers.build_routes(lab)),
        queue=replace(_QUEUE, dns_servers=(strangers.find_name_server(lab),)),
        patient=Patient(domains=(PATIENT_DOMAIN,)),
        connector=_build_connectors(lab, operator),
    )


def _build_connectors(lab: Lab, operator: LabOperator) -> tuple[Connector, ...]:
    if parse_address(FILING_ACCOUNT).domain not in operator.domains:
        return ()
    url = f"https://{lab.filing_endpoint}/documents"
    more = {"url": url, "secret": lab.filing_secret, "ca": lab.ca_file, "retry_seconds": (2, 4, 8, 30)}
    return (Connector("dossiers", FILING_ACCOUNT, **more),)  # type: ignore[arg-type]


def _build_scenarios(lab: Lab, authorities: Authorities, now: datetime) -> Mapping[str, Mapping[str, str]]:
    """The stranger's certificates: a listed peer and its author, and the bad kinds of both."""
    issuing = authorities.issuing
    foreign = create_root("AC ETRANGERE", now)
    subject = build_subject("mss.etranger.test", "CLINIQUE ETRANGERE", "1990000099", "Nord (59)")
    hosts = ("localhost", HOST)
    expired = timedelta(days=-10)
    made: dict[str, tuple[Credential, str]] = {
        "peer": (issuing.issue(Profile.OPERATOR, subject, now, hosts=hosts), f"listed for {PEER_DOMAIN}"),
        "tls_unlisted": (issue_operator(issuing, "mss.inconnu.test", now), "our CA, no entry in the list"),
        "tls_revoked": (issue_operator(issuing, "mss.revoque.test", now), "listed for revoque.test, revoked"),
        "tls_expired": (issuing.issue(Profile.OPERATOR, subject, now, hosts=hosts, valid=expired), "expired"),
        "tls_foreign": (foreign.issue(Profile.OPERATOR, subject, now, hosts=hosts), "foreign CA, listed subject"),
        "signer": (issue_person(issuing, PEER_AUTHOR, now), f"signs for {PEER_AUTHOR}"),
        "signer_organisation": (issue_organisation(issuing, PEER_DOMAIN, now), f"signs for all of {PEER_DOMAIN}"),
        "signer_other": (issue_person(issuing, f"autre@{PEER_DOMAIN}", now), "another person of the domain"),
        "signer_expired": (issue_person(issuing, PEER_AUTHOR, now, valid=expired), "expired"),
        "signer_revoked": (issue_person(issuing, PEER_AUTHOR, now), "revoked"),
        "signer_foreign": (issue_person(foreign, PEER_AUTHOR, now), "foreign CA"),
    }
    made |= audit.build_credentials(issuing, foreign, now)
    made |= strangers.build_credentials(issuing, now)
    for name in ("tls_revoked", "signer_revoked"):
        issuing.revoke(made[name][0].certificate, now - timedelta(minutes=1))
    folder = lab.path / "scenarios"
    folder.mkdir(exist_ok=True)
    return {name: _write_scenario(folder, name, *pair) for name, pair in made.items()}


def _write_scenario(folder: Path, name: str, credential: Credential, meaning: str) -> Mapping[str, str]:
    certificate, key = credential.write(folder, name)
    pem = credential.write_bundle(folder / f"{name}.pem")
    dn = describe_subject(credential.certificate.subject)
    return {"meaning": meaning, "cert": str(certificate), "key": str(key), "pem": str(pem), "dn": dn}


def _publish_white_list(lab: Lab, authority: Authority, now: datetime) -> None:
    listed = [(domain, operator.dn) for operator in lab.operators for domain in operator.domains]
    listed += audit.list_entries()
    listed += strangers.list_entries()
    listed.append((PEER_DOMAIN, lab.scenarios["peer"]["dn"]))
    listed.append(("revoque.test", lab.scenarios["tls_revoked"]["dn"]))
    # A second name for one domain, as the real list has for migrations and back-up operators.
    listed.append((lab.operators[0].domains[1], lab.operators[1].dn))
    entries = [ListEntry(domain, dn, now, f"Domaine {domain} du laboratoire") for domain, dn in listed]
    signer = issue_person(authority, LIST_SIGNER, now)
    signer.write(lab.path / "ca", "list-signer")
    if isinstance(signer.key, rsa.RSAPrivateKey):
        signed = sign_white_list(build_white_list(entries, now), signer.key, signer.certificate)
        lab.white_list_file.write_bytes(signed)
