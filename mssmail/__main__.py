"""``python -m mssmail`` is the command ``mssmail``."""

from mssmail.cli import main

main()
