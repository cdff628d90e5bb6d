"""The engine: one graph, traced, differentiated, batched, simplified and run. Needs NumPy only."""

# First, because the operations are functions over tensors and tensors have the operations as operators.
from . import tensor as tensor
