"""Synthetic conversations with a known truth, for tests, load, teaching and benchmarks."""
