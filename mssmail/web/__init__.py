"""The HTTP edge, on loopback: metrics and health.

Read first: ``metrics``.
"""
