"""One operator: every part made, connected, started and stopped in order. Read first: ``operator``."""
