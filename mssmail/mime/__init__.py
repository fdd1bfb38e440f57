"""Bytes → a tree of spans. Offsets only; nothing is ever re-serialised.

May import ``core``. Standards: RFC 2045, 2046, 2047, 2231, 5322; IMAP's ENVELOPE and BODYSTRUCTURE of RFC 9051
§7.5.2 are made here because they are computed once, at delivery. Read first: ``parts``.
"""
