"""Letters for mailboxes that are measured: invented words, 20 kB, some threads, always the same."""

from collections.abc import Iterator
from random import Random

ME = "marie@a.test"
SIZE = 20_000
COMMON = "biologie"  # a word that every letter has
_SYLLABLES = ("ba", "cer", "di", "fou", "gal", "hé", "lo", "mi", "nor", "pra", "qui", "res", "so", "tu", "vac", "zan")


def build_letters(count: int) -> Iterator[bytes]:
    """So many messages, the first first; about a third answer an earlier one."""
    random = Random(1)
    words = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 4))) for _ in range(8_000)]
    lines = [" ".join(random.choices(words, k=11)) for _ in range(4_000)]
    for number in range(count):
        parent = random.randrange(number) if number and random.random() < 0.3 else None
        yield _build(number, parent, random, lines)


def _build(number: int, parent: int | None, random: Random, lines: list[str]) -> bytes:
    subject = f"Compte rendu {number}" if parent is None else f"Re: Compte rendu {parent}"
    sender = random.randrange(500)
    month, clock = ("Jan", "Feb", "Mar", "Apr")[number % 4], f"{number % 24:02}:{number % 60:02}:00"
    header = [
        "Received: from mss.peer.test by mss.a.test with ESMTPS; Sat, 21 Nov 2026 12:00:00 +0100",
        f'From: "Docteur {lines[sender][:12].title()}" <dr{sender}@peer.test>',
        f"To: Marie Martin <{ME}>",
        f"Subject: {subject}",
        f"Date: {1 + number % 28} {month} 2026 {clock} +0100",
        f"Message-ID: <{number}.bench@peer.test>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    if parent is not None:
        header.append(f"References: <{parent}.bench@peer.test>")
    text = [f"{COMMON} examen {number}"]
    size = 0
    while size < SIZE - 600:
        text.append(random.choice(lines))
        size += len(text[-1]) + 3
    return "\r\n".join([*header, "", *text, ""]).encode()
