"""Running a graph fast: ``jit`` and, behind it, whatever makes programs out of graphs."""
