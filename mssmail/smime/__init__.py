"""CMS: find the signed bytes, verify, sign. No I/O.

May import ``trust`` and below. Standards: RFC 8551, RFC 5652, RFC 1847, RFC 3183. Read first: ``verify``.
"""
