"""What a worker does with a message: ``examine`` under the trust of its snapshot, indexed once."""

from datetime import datetime

from mssmail.core.examination import Examination
from mssmail.examine import examine
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.workers.process import Examine


class Examiner:
    """The examine function of one snapshot; what its store remembers lasts as long as its generation."""

    def __init__(self, snapshot: TrustSnapshot, authserv_id: str) -> None:
        self._store = build_trust_store(snapshot)
        self._authserv_id = authserv_id

    def __call__(self, data: bytes, at: datetime, verify: bool) -> Examination:
        """See ``mssmail.examine``."""
        return examine(data, self._store, at, authserv_id=self._authserv_id, verify=verify)

    def learn(self, news: object) -> None:
        """Count OCSP responses in."""
        if not isinstance(news, tuple):
            raise TypeError(f"no responses: {type(news).__name__}")
        self._store.add_responses(news)


def build_examine(snapshot: object, authserv_id: str) -> Examine:
    """The examine function for this snapshot."""
    if not isinstance(snapshot, TrustSnapshot):
        raise TypeError(f"no trust snapshot: {type(snapshot).__name__}")
    return Examiner(snapshot, authserv_id)
