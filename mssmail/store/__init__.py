"""What is kept: SQLAlchemy Core over SQLite, one writer, one transaction for everything that belongs together.

May import ``core``, ``journal``, ``settings`` and, for SEARCH, ``mime``. SQLite's own ways stand only in ``engine``
(pragmas, locks), ``prepared`` (the hot path), ``conditions`` (functions of SEARCH) and ``fsck`` (its integrity check).
Read first: ``schema``, then ``writer``, then ``messages.deliver``.
"""
