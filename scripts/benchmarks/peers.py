"""Our figures beside Dovecot's on this machine, in one run; Dovecot must be installed (Debian: dovecot-imapd).

Both hold the same letters, both are asked by the same client over TLS, in turns.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mssmail.core.clock import read_clock
from scripts.benchmarks.bystander import stand_by
from scripts.benchmarks.dovecot import PASSWORD, connect_dovecot, find_dovecot, serve_dovecot
from scripts.benchmarks.imap import open_site, serve_indexed
from scripts.benchmarks.letters import ME
from scripts.benchmarks.questions import Server, ask_all
from tests.support.pki import Pki

ROUNDS = 9


@contextmanager
def open_dovecot(folder: Path, count: int) -> Iterator[Server]:
    """A Dovecot with so many letters."""
    pki = Pki(read_clock().replace(microsecond=0))
    pki.write_anchors(folder / "anchors")
    pki.make_operator("dovecot.test").write(folder, "dovecot")
    ca = folder / "anchors" / "root.crt"
    with serve_dovecot(folder / "dovecot", folder / "dovecot.crt", folder / "dovecot.key", count) as (port, pid):
        yield Server(lambda: connect_dovecot(port, ca), pid, lambda: stand_by(port, ca, ME, PASSWORD, pid))


def main() -> None:
    """One table."""
    if find_dovecot() is None:
        sys.exit("Dovecot is not installed; on Debian: apt-get install dovecot-imapd")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "theirs" / "dovecot").mkdir(parents=True)
        with (
            open_dovecot(folder / "theirs", count) as dovecot,
            open_site(folder / "ours", count) as site,
            serve_indexed(site) as ours,
        ):
            figures = ask_all({"mssmail": ours, "Dovecot": dovecot}, ROUNDS)
    print(f"{count} messages; ms, medians {'':20} mssmail    Dovecot      ratio")
    for question, figure in figures["mssmail"].items():
        other = figures["Dovecot"][question]
        print(f"{question:40} {figure:10.1f} {other:10.1f} {figure / other if other else 0:10.2f}")


if __name__ == "__main__":
    main()
