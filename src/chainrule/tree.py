"""Trees: any nesting of dict, list, tuple, dataclass and Module, with arrays at the leaves.

>>> from chainrule import tree
>>> tree.map(lambda p, g: p - 0.5 * g, {"w": 1.0, "b": 2.0}, {"w": 2.0, "b": 0.0})
{'w': 0.0, 'b': 2.0}
"""

from .engine.tree import Structure, flatten, leaves, map, reduce, structure, unflatten

__all__ = ["Structure", "flatten", "leaves", "map", "reduce", "structure", "unflatten"]
