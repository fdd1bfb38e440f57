"""Decisions: one question a file, facts in, Decision out, top to bottom, first match wins.

May import ``core`` and ``settings``; no I/O, no clock. Read first: ``content``.
"""
