"""Values: frozen, checked when made, free of I/O. May import ``errors`` only.

Read first: ``verdict`` and ``decision``. Standards: RFC 5321 (addresses, replies), RFC 3463 (enhanced status),
RFC 8601 and RFC 7281 (``trace``), RFC 4514 (``names``), RFC 9051 (``mailbox``, ``search``).
"""
