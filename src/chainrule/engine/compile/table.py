"""Table: the addresses that main, the function that calls the kernels, is called with.

The first are these; the arrays follow: inputs, constants, outputs.
"""

ARENA, CALLBACK, YIELD, SYNC, COUNTERS, FIRST = 0, 1, 2, 3, 4, 5
LINE = 64  # bytes between the counters of two threads
