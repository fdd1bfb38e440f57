"""Benchmarks: bounded, self-contained, run by ``scripts/bench``."""
