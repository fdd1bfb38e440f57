"""The SMTP edge: mail from peers and from clients (RFC 5321, RFC 3207, RFC 6409, RFC 4954).

``listener`` opens sockets → ``connection`` fences aiosmtpd (loop, limits, writing) and ``server`` speaks the verbs;
``stream`` and ``reader`` cut octets into lines and messages, ``parameters`` and ``login`` read arguments → ``handler``
asks policy, ``certificate`` telling who the peer is, and hands whole messages to ``flows``. ``tls`` has contexts and
handshake, ``replies`` what a fault looks like from outside. May import flows and what lies below.
Read first: ``handler``, then ``server``.
"""
