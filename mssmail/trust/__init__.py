"""Whom we believe: anchors, certificate paths, revocation, the white list.

May import ``core``, ``mime``, ``settings``, ``journal``. Standards: RFC 5280, XMLDSig. Read first: ``path``.
"""
