"""The operations, one row each, by family."""
