"""How fast, against whom: ``make bench``. One file a question; see docs/benchmarks.md."""
