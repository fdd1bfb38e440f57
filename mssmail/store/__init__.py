"""What is kept: SQLAlchemy Core over SQLite, one writer, one transaction for everything that belongs together.

May import ``core``, ``journal``, ``settings``. SQLite's own ways stand in ``engine`` and ``search`` only.
Read first: ``schema``, then ``writer``.
"""
