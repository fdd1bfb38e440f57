"""How the schema came about: one file per revision, run by ``store.revisions``, never changed once released."""
