"""Our figures beside Dovecot's on this machine, in one run; Dovecot must be installed (Debian: dovecot-imapd).

Both hold the same letters, both are asked by the same client over TLS, one after the other.
"""

import sys
import tempfile
from pathlib import Path

from mssmail.core.clock import read_clock
from scripts.benchmarks.dovecot import connect_dovecot, find_dovecot, serve_dovecot
from scripts.benchmarks.imap import measure, open_site
from scripts.benchmarks.questions import ask_all
from tests.support.pki import Pki


def measure_dovecot(folder: Path, count: int) -> dict[str, float]:
    """Every figure of a Dovecot with so many letters."""
    pki = Pki(read_clock().replace(microsecond=0))
    pki.write_anchors(folder / "anchors")
    pki.make_operator("dovecot.test").write(folder, "dovecot")
    ca = folder / "anchors" / "root.crt"
    with serve_dovecot(folder / "dovecot", folder / "dovecot.crt", folder / "dovecot.key", count) as (port, pid):
        return ask_all(lambda: connect_dovecot(port, ca), pid)


def main() -> None:
    """One table."""
    if find_dovecot() is None:
        sys.exit("Dovecot is not installed; on Debian: apt-get install dovecot-imapd")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "theirs" / "dovecot").mkdir(parents=True)
        theirs = measure_dovecot(folder / "theirs", count)
        with open_site(folder / "ours", count) as site:
            ours = measure(site)
    print(f"{count} messages; ms, medians {'':20} mssmail    Dovecot      ratio")
    for question, figure in ours.items():
        if (other := theirs.get(question)) is None:
            continue
        print(f"{question:40} {figure:10.1f} {other:10.1f} {figure / other if other else 0:10.2f}")


if __name__ == "__main__":
    main()
