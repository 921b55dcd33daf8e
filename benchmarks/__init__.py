"""Benchmarks: ratios against a peer or a limit, measured in the same run. Never part of the tests.

``python -m benchmarks --out DIR`` runs all of them, ``python -m benchmarks.peers --out DIR`` one. Each prints Markdown tables and writes
them with the raw figures to ``DIR``. Contenders take turns (A B A B), each in a process of its own, because seconds on a shared machine
mean little and ratios from the same minutes mean something.
"""
