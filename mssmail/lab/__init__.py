"""A whole synthetic trust space on one machine: CA, lists, operators, accounts, and a stranger that checks them.

Read first: ``world``.
"""
