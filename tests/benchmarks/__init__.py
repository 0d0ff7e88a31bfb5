"""How fast chanx is, as ratios to plain Channels; run `python -m tests.benchmarks --help`."""
