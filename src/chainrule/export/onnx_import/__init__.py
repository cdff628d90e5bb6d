"""ONNX files as Modules: read, checked, and interpreted by calling Chainrule's own functions.

``reading`` turns a file into data one can trust, ``program`` into a list of operations, ``module``
runs that list; ``operators`` has what each operator means, one file a family.
"""

from .module import OnnxModule, from_onnx

__all__ = ["OnnxModule", "from_onnx"]
