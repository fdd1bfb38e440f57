"""What the server does, one act a file; the only floor that sees store, trust and workers together.

Read first: ``receive``.
"""
