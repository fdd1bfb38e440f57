"""Outward: our SMTP client, routes to peers, delivery reports.

``dialogue`` (no I/O) over ``replies``, ``events`` and ``payload``; ``link`` puts it on a socket; ``transport`` makes a
session of it, with ``tls`` and ``identity``; ``resolve`` finds servers; ``dsn`` tells senders.

May import ``examine`` and below. Standards: RFC 5321, RFC 3207, RFC 2920, RFC 1870, RFC 6152, RFC 3464, RFC 7505.
Read first: ``dialogue``.
"""
