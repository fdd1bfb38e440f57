"""Processes that examine hostile bytes: at worst one of them dies, and the second core is used.

Call ``workers.pool.Pool``. This package re-exports nothing: a worker imports only ``process`` and what examining needs,
so that a new one is ready soon. Read first: ``pool``, then ``process``, its other side.

The standard process pool costs several times as much of the main process and breaks whole when one worker dies.
"""
