"""mssmail: the open mail server for closed trust spaces.

The house, from the street door down; a floor imports only from floors below it (``scripts/check`` holds that):

========================  ===============================================================================
``cli``                   the command ``mssmail``
``lab``                   a whole synthetic trust space on one machine
``app``                   wires one operator together and runs it
``smtp  imap  web``       the edges: what the world speaks to
``flows``                 what the server does: receive, submit, dispatch, refresh, mailboxes
``delivery  workers``     outward SMTP; the pool of processes that examine hostile bytes
``examine``               bytes → Examination, a pure function
``smime  documents``      CMS: find, verify, sign; health documents: read, judge
``policy  trust  store``  decisions; whom we believe; what is kept
``logs``                  how log lines look
``mime  settings  journal``  bytes → tree of spans; configuration; the audit trail's words
``core``                  values
``errors``                faults
========================  ===============================================================================

Read first: ``core/``, then ``policy/content.py``, then ``flows/receive.py``.
"""

__version__ = "0.1.0"
