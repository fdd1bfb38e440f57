"""Bytes → a tree of spans. Offsets only; nothing is ever re-serialised, and nothing here raises on a message.

May import ``core``. Standards: RFC 2045, 2046, 2047, 2183, 2231, 5322, 6854; IMAP's ENVELOPE and BODYSTRUCTURE of RFC
9051 §7.5.2 are made here because they are computed once, at delivery. Read first: ``parts``.

================  ====================================================================================
``parts``         message → tree (``tree.Part``): boundaries, nesting, limits, in one pass
``headers``       fields by span; the authors of a message, and when they are in doubt
``content``       Content-* fields and their parameters
``addresses``     address lists, groups, obsolete and broken syntax
``words``         encoded words; ``lexical``: folds, comments, quoted pairs; ``charsets``: labels and text
``envelope``      ENVELOPE; ``bodystructure``: BODY and BODYSTRUCTURE; ``nstring``: strings in IMAP's syntax
``part_table``    part numbers → spans, kept in the message's row
``index``         all of that at delivery, with the verdicts to cut because somebody forged them in our name
``text``          what SEARCH looks through
================  ====================================================================================
"""
