"""Whom we believe, and in which processes hostile bytes are examined."""

from dataclasses import dataclass
from pathlib import Path

from mssmail.core.modes import RevocationMode
from mssmail.settings.meaning import setting


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe."""

    anchors: Path = setting(Path("anchors"), "Directory of CA certificates (PEM or DER) that end every path.")
    intermediates: Path | None = setting(None, "Directory of further CA certificates, used to build paths.")
    white_list_url: str = setting("", "Where the signed white list is fetched (https), or empty.")
    white_list_file: Path | None = setting(None, "A white list read from a file instead.")
    white_list_ca: Path | None = setting(None, "CA bundle for that HTTPS server, PEM; empty: the anchors.")
    white_list_signer: str = setting("", "Who signs the list: CN=… or mail=… that its certificate must carry.")
    white_list_refresh_seconds: int = setting(3_600, "How often the list is fetched.")
    white_list_ageing_days: int = setting(3, "A list generated longer ago is reported as ageing.")
    white_list_stale_days: int = setting(14, "A list generated longer ago is not used: mail from peers gets 451.")
    white_list_max_loss_percent: int = setting(20, "A list that loses more of its domains waits for confirmation.")
    crl_urls: tuple[str, ...] = setting((), "Where revocation lists are fetched ahead of time (http, https or file).")
    crl_refresh_seconds: int = setting(3_600, "How often revocation lists are fetched.")
    ocsp_urls: tuple[str, ...] = setting((), "OCSP responders asked about certificates first seen (http or https).")
    ocsp_hosts: tuple[str, ...] = setting(
        (), "Hosts whose OCSP address may be taken from a certificate, once its path is good but for its status."
    )
    revocation: RevocationMode = setting(
        RevocationMode.HARD,
        "When nobody can say whether a certificate is revoked: hard: mail is put off (451); soft: it passes, and that "
        "is told; off: nobody asks.",
    )
    expiry_warning_days: int = setting(30, "Certificates, ours and peers', that end within so many days raise alarms.")
    min_rsa_bits: int = setting(2_048, "Smallest RSA key believed.")
    allow_sha1: bool = setting(False, "Believe SHA-1 and SHA-224 signatures (never in production).")


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that examine hostile bytes."""

    count: int = setting(2, "How many.")
    deadline_seconds: int = setting(30, "One examination may take this long; then 451 and a new worker.")
    memory_megabytes: int = setting(1_024, "Memory (address space) of each worker.")
