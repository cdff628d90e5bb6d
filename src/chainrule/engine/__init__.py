"""The engine: one graph, traced, differentiated, batched, simplified and run. Needs NumPy only."""

# First: operations are functions over tensors, and tensors have operations as operators.
from . import tensor as tensor
