"""Benchmarks, run by ``make bench``: ratios in one run, never limits in a test."""
