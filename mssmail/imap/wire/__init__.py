"""Bytes ⇄ values of IMAP, sans-IO: framing, then parsing, so that a literal can never be read as a command.

Grammar: RFC 9051 §9 and RFC 3501 §9, with RFC 7888 (LITERAL+). May import ``core`` only. Read first: ``commands``.
"""
