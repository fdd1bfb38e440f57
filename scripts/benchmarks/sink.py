"""Peers that take everything, as many as asked for, in a process of their own.

Called as ``python -m scripts.benchmarks.sink CERT KEY CA NUMBER``: prints the ports as one JSON line; then answers each
line on standard input with how many messages were taken, when the first and when the last (seconds of the machine's
clock). The line ``reset`` begins the count anew.
"""

import asyncio
import json
import ssl
import sys
import time
from dataclasses import dataclass


@dataclass
class Taken:
    """What was taken so far."""

    number: int = 0
    first: float = 0.0
    last: float = 0.0

    def note(self) -> None:
        """One more."""
        self.last = time.time()
        self.first = self.first or self.last
        self.number += 1


async def talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext, taken: Taken
) -> None:
    """One session (RFC 5321 §4.5.1), with STARTTLS."""
    writer.write(b"220 sink ESMTP\r\n")
    offer = b"250-sink\r\n250 STARTTLS\r\n"
    while line := await reader.readline():
        match line[:4].upper():
            case b"EHLO":
                writer.write(offer)
            case b"STAR":
                writer.write(b"220 go\r\n")
                await writer.start_tls(context)
                offer = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"
            case b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                taken.note()
                writer.write(b"250 2.0.0 taken\r\n")
            case b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            case _:
                writer.write(b"250 ok\r\n")
    writer.close()


async def main(arguments: list[str]) -> None:
    """Listen until standard input ends."""
    certificate, key, ca, number = arguments
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca)
    taken = Taken()
    ports = []
    for _ in range(int(number)):
        server = await asyncio.start_server(
            lambda reader, writer: talk(reader, writer, context, taken), "127.0.0.1", 0, limit=1 << 20
        )
        ports.append(server.sockets[0].getsockname()[1])
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "reset":
            taken.number, taken.first, taken.last = 0, 0.0, 0.0
        sys.stdout.write(json.dumps([taken.number, taken.first, taken.last]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
