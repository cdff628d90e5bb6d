"""A package, so that no installed one that brings a folder ``tests`` stands before it."""
