"""What stands in this folder and is no test."""

collect_ignore = ["peers.py"]  # imports the peers, which may be absent
