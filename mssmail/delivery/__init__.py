"""Outward: our SMTP client, routes to peers, delivery reports.

May import ``examine`` and below. Standards: RFC 5321, RFC 3207, RFC 3464. Read first: ``dialogue``.
"""
