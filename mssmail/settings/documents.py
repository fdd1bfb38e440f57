"""Health documents: reading them, and the flags that show what they say."""

from dataclasses import dataclass

from mssmail.core.loinc import NEUTRAL_CODES
from mssmail.settings.meaning import required, setting


@dataclass(frozen=True, slots=True)
class Documents:
    """Health documents in mail from peers."""

    mark: bool = setting(True, "Read them, and mark messages with keywords before anybody sees them.")
    mark_untrusted: bool = setting(False, "Mark also what smime = verify or off lets pass without a trusted signature.")
    test_space: bool = setting(False, "Test and demonstration identities (INS) count as qualified.")
    neutral_loinc: tuple[str, ...] = setting(
        NEUTRAL_CODES, "LOINC codes of results that never call attention: blood groups, immunity."
    )
    product: str = setting(
        "", "Product number (X-MSS-NIL) in what `document send` and `patient send` write; empty: none."
    )
    refuse_inconsistent: bool = setting(
        False, "Refuse peers' mail whose X-MSS fields contradict its documents (550 5.6.0)."
    )
    refuse_inconsistent_clients: bool = setting(False, "The same for mail our own clients submit.")
    deadline_seconds: int = setting(2, "Reading the documents of one message may take this long; then: unreadable.")
    memory_megabytes: int = setting(1_024, "Memory (address space) of the process that reads them.")


@dataclass(frozen=True, slots=True)
class Marking:
    """Which flags and keywords a message gets, for one recipient, one domain, or *."""

    recipient: str = required("An address, a domain, or * for all others; the closest one counts.")
    critical: tuple[str, ...] = setting(("$label1", "\\Flagged", "$Important", "$MssCritical"), "A critical result.")
    abnormal: tuple[str, ...] = setting(("$label1", "$MssAbnormal"), "An abnormal result.")
    unreadable: tuple[str, ...] = setting(("$label5", "$MssUnreadable"), "Unreadable or contradictory: look yourself.")
    document: tuple[str, ...] = setting(("$MssDocument",), "Any health document.")
