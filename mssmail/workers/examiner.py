"""What a worker does with a message: ``examine`` under the trust of its snapshot, indexed once."""

from datetime import datetime

from mssmail.core.examination import Examination
from mssmail.examine import examine
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.workers.process import Examine


def build_examine(snapshot: object, authserv_id: str) -> Examine:
    """The examine function for this snapshot; what the store remembers lasts as long as its generation."""
    if not isinstance(snapshot, TrustSnapshot):
        raise TypeError(f"no trust snapshot: {type(snapshot).__name__}")
    store = build_trust_store(snapshot)

    def examine_message(data: bytes, at: datetime, verify: bool) -> Examination:
        return examine(data, store, at, authserv_id=authserv_id, verify=verify)

    return examine_message
