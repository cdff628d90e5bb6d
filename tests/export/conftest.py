"""What stands in this folder and is no test."""

collect_ignore = ["mutants.py"]  # limits the memory of its process, which only Unix can
