"""Benchmarks that print figures; compare ratios within one run, never seconds between machines."""
