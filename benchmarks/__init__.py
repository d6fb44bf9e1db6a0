"""deeprob beside its best-known peers: ``python -m benchmarks`` in a clone; docs/benchmarks.md says how."""
