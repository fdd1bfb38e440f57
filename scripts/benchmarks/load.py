"""A peer that hands over signed messages as fast as it is answered; runs in a process of its own.

Called as ``python -m scripts.benchmarks.load PORT CA CERT KEY SENDER RECIPIENT CONNECTIONS SECONDS FILE…``; prints one
JSON line: accepted, refused, seconds, CPU seconds of this process.
"""

import asyncio
import json
import ssl
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Final


async def read_reply(reader: asyncio.StreamReader) -> int:
    """The code of one reply, several lines or one."""
    while True:
        line = await reader.readline()
        if not line:
            raise ConnectionError("the server closed the connection")
        if line[3:4] != b"-":
            return int(line[:3])


MESSAGES_A_SESSION: Final = 1_000
"""What a server of ours announces as MAILMAX (RFC 9422)."""


class Load:
    """Shared by the connections: what is sent, until when, and what came of it."""

    def __init__(self, context: ssl.SSLContext, port: int, path: bytes, messages: list[bytes], seconds: float) -> None:
        self.context, self.port, self.path = context, port, path
        self.messages = cycle(messages)
        self.deadline = time.monotonic() + seconds
        self.accepted = self.refused = 0

    async def run_connection(self) -> None:
        """One connection at a time, until the time is over."""
        while time.monotonic() < self.deadline:
            await self._run_session()

    async def _run_session(self) -> None:
        """STARTTLS, then transactions with the envelope pipelined, as many as a connection may carry."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        await read_reply(reader)
        for command in (b"EHLO bench.test\r\n", b"STARTTLS\r\n"):
            writer.write(command)
            await read_reply(reader)
        await writer.start_tls(self.context, server_hostname="localhost")
        writer.write(b"EHLO bench.test\r\n")
        await read_reply(reader)
        for _ in range(MESSAGES_A_SESSION):
            if time.monotonic() >= self.deadline:
                break
            writer.write(self.path)
            codes = [await read_reply(reader) for _ in range(3)]
            if codes != [250, 250, 354]:
                raise ConnectionError(f"the envelope was refused: {codes}")
            writer.write(next(self.messages))
            if await read_reply(reader) == 250:
                self.accepted += 1
            else:
                self.refused += 1
        writer.write(b"QUIT\r\n")
        await read_reply(reader)
        writer.close()


def read_messages(files: list[str]) -> list[bytes]:
    """The messages as they go over the wire: dots stuffed, the final dot behind."""
    return [Path(file).read_bytes().replace(b"\r\n.", b"\r\n..") + b".\r\n" for file in files]


async def main(arguments: list[str]) -> None:
    """Run the load and print what came of it."""
    port, ca, certificate, key, sender, recipient, connections, seconds, *files = arguments
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(certificate, key)
    path = f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()
    load = Load(context, int(port), path, read_messages(files), float(seconds))
    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(load.run_connection() for _ in range(int(connections))))
    facts = {
        "accepted": load.accepted,
        "refused": load.refused,
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
    }
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
