"""Networks broken in known ways, and healthy ones."""
