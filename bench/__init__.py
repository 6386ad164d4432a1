"""Benchmarks: figures against goals, as ratios measured in one run."""
