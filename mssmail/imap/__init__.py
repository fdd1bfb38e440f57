"""The IMAP edge: mailboxes for ordinary clients (RFC 3501, RFC 9051 and their extensions).

``wire/`` turns bytes into frozen commands and answers into bytes, with no I/O; ``session`` holds what one client may
do and see; ``verbs/`` has one file per command; ``backend`` is all that IMAP knows of the store. May import ``core``,
``mime`` and ``policy.login``; asyncio only in ``server``. Read first: ``backend``, ``wire/commands``, ``verbs/fetch``.
"""
