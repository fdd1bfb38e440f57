"""Bytes ⇄ values of IMAP, sans-IO: framing, then parsing, so that a literal can never be read as a command.

::

    client's bytes → framing → frames.Frame → parser (cursor, and a file of grammar per subject) → commands
    responses, fetch_responses (writer, response_codes) → server's bytes

Grammar: RFC 9051 §9 and RFC 3501 §9, with RFC 7888 (LITERAL+); ABNF stands above the function it becomes. May import
``core`` and ``errors`` only. Read first: ``commands``, ``framing``, ``parser``.
"""
