"""The switches of a judgement without a server, shared by the commands that judge: whom to trust, and what is asked."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import click

from mssmail.cli.files import read_folder
from mssmail.cli.oids import OID
from mssmail.cli.output import config_option, read_config
from mssmail.errors import BadCertificate
from mssmail.settings import RevocationMode
from mssmail.trust.anchors import find_certificates, load_certificates
from mssmail.trust.policies import ANY_POLICY, PolicyRequest
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store

_folder = click.Path(exists=True, path_type=Path)
_SWITCHES: Final = (
    click.option("--anchors", type=_folder, help="CA certificates that end every path; else the configuration's."),
    click.option("--intermediates", type=_folder, help="Further CA certificates, to build paths."),
    click.option("--crls", type=_folder, help="Revocation lists, a file or a folder."),
    click.option("--ocsp", type=_folder, help="OCSP responses (DER), a file or a folder."),
    click.option("--allow-sha1", is_flag=True, help="Believe SHA-1."),
    click.option("--allow-dsa", is_flag=True, help="Believe DSA keys."),
    click.option("--min-rsa-bits", type=click.IntRange(0), default=2_048, show_default=True, help="Smallest RSA key."),
    click.option(
        "--revocation", type=click.Choice([mode.value for mode in RevocationMode]), default="hard", show_default=True,
        help="What a missing revocation list means: later (hard), never mind (soft), not asked (off).",
    ),
    click.option(
        "--policy-oid", "policy_oids", type=OID, multiple=True,
        help="A certificate policy we accept (RFC 5280 section 6.1.1), repeatable; any policy when left out.",
    ),
    click.option("--explicit-policy", is_flag=True, help="The path must be valid for a policy we accept."),
    click.option("--inhibit-mapping", is_flag=True, help="No CA may map policies."),
    click.option("--inhibit-any", is_flag=True, help="anyPolicy in a certificate stands for nothing."),
    config_option,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judging:
    """The switches as given."""

    anchors: Path | None
    intermediates: Path | None
    crls: Path | None
    ocsp: Path | None
    allow_sha1: bool
    allow_dsa: bool
    min_rsa_bits: int
    revocation: str
    policy_oids: tuple[str, ...]
    explicit_policy: bool
    inhibit_mapping: bool
    inhibit_any: bool
    config: Path

    def load(self, *, author_rule: bool = True) -> tuple[TrustStore, tuple[str, ...]]:
        """What to judge with, and what of the files could not be read; an anchor that cannot is bad usage."""
        anchors, intermediates = self.anchors, self.intermediates
        if anchors is None and not self.config.exists():
            raise click.UsageError(f"whom to believe? Give --anchors, or a configuration: there is no {self.config}")
        if anchors is None:
            settings = read_config(self.config).trust
            anchors, intermediates = settings.anchors, intermediates or settings.intermediates
        between, faults = find_certificates(intermediates) if intermediates else ((), ())
        crls = read_folder(self.crls) if self.crls else ()
        responses = read_folder(self.ocsp) if self.ocsp else ()
        policy = self._build_policy(author_rule=author_rule)
        store = build_trust_store(TrustSnapshot(0, load_anchors(anchors), between, crls, policy, responses))
        return store, (*faults, *store.faults)

    def _build_policy(self, *, author_rule: bool) -> SignaturePolicy:
        return SignaturePolicy(
            min_rsa_bits=self.min_rsa_bits,
            allow_sha1=self.allow_sha1,
            revocation=RevocationMode(self.revocation),
            author_rule=author_rule,
            policies=PolicyRequest(
                acceptable=frozenset(self.policy_oids or (ANY_POLICY,)),
                explicit=self.explicit_policy,
                inhibit_mapping=self.inhibit_mapping,
                inhibit_any=self.inhibit_any,
            ),
            allow_dsa=self.allow_dsa,
        )


def load_anchors(path: Path) -> tuple[bytes, ...]:
    """The CA certificates of a file or folder; what is none is bad usage: nothing could be judged by it."""
    try:
        return load_certificates(path)
    except BadCertificate as fault:
        raise click.BadParameter(str(fault), param_hint="--anchors") from fault


def judging_options(function: Callable[..., int]) -> Callable[..., int]:
    """Give the command the switches; it gets them as ``judging``."""
    names = [field.name for field in fields(Judging)]

    @functools.wraps(function)
    def run(**options: Any) -> int:  # noqa: ANN401 - whatever click hands over
        return function(judging=Judging(**{name: options.pop(name) for name in names}), **options)

    command: Callable[..., int] = run
    for switch in reversed(_SWITCHES):
        command = switch(command)
    return command
