"""The lab's CAs on disk: made once, reloaded to renew their revocation lists."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mssmail.lab.pki import Authority, create_root, load_credential

_REVOKED_FILE = "revoked.json"
CRL_LIFETIME = timedelta(days=2)


@dataclass
class Authorities:
    """Root and issuing CA of the trust space, and the numbers of the certificates they revoked."""

    folder: Path
    root: Authority
    issuing: Authority

    def save(self) -> None:
        """Leave certificates, keys and revocations in the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.root.credential.write(self.folder, "root")
        self.issuing.credential.write(self.folder, "issuing")
        revoked = {str(serial): at.isoformat() for serial, at in self.issuing.revoked.items()}
        (self.folder / _REVOKED_FILE).write_text(json.dumps(revoked))

    def publish_crls(self, target: Path, now: datetime) -> None:
        """Fresh lists of both CAs, each put in place in one step. Numbers follow the clock, so they only grow."""
        for name, authority in (("root", self.root), ("issuing", self.issuing)):
            authority.crl_number = int(now.timestamp())
            draft = target / f"{name}.crl.new"
            draft.write_bytes(authority.build_crl(now, CRL_LIFETIME))
            draft.replace(target / f"{name}.crl")


def create_authorities(folder: Path, now: datetime, root_crl_url: str, issuing_crl_url: str) -> Authorities:
    """A new root and issuing CA, saved in the folder."""
    root = create_root("AC RACINE LABORATOIRE", now, crl_url=root_crl_url)
    issuing = root.issue_authority("AC LABORATOIRE ORGANISATIONS", now, crl_url=issuing_crl_url)
    made = Authorities(folder, root, issuing)
    made.save()
    return made


def load_authorities(folder: Path) -> Authorities:
    """The CAs that ``create_authorities`` left."""
    root = Authority(load_credential(folder / "root.crt", folder / "root.key"), is_root=True)
    issuing = Authority(load_credential(folder / "issuing.crt", folder / "issuing.key"))
    revoked: dict[str, str] = json.loads((folder / _REVOKED_FILE).read_text())
    issuing.revoked = {int(serial): datetime.fromisoformat(at) for serial, at in revoked.items()}
    return Authorities(folder, root, issuing)
