"""Health documents: IHE XDM archives, CDA R2, HPRIM text; what they hold, and what their results call for. No I/O.

May import ``mime`` and below. Everything here reads bytes that somebody else made: sizes, depths and numbers are
bounded, nothing is written, fetched or executed, and what cannot be read is a BadDocument, never another exception.
Standards: IHE XDM with ebXML RIM 3.0 metadata, HL7 CDA R2 with the French laboratory report (CR-BIO), HPRIM Médecin and
HPRIM Santé. Read first: ``findings``, the order of evidence; then ``inspect``.
"""
