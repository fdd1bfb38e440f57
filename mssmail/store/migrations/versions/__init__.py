"""The revisions, named ``r<number>_<subject>``."""
