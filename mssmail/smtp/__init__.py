"""The SMTP edge: mail from peers and from clients (RFC 5321, RFC 3207, RFC 6409, RFC 4954).

``server`` fences aiosmtpd; ``handler`` asks policy and hands whole envelopes to ``flows``. Read first: ``handler``.
"""
