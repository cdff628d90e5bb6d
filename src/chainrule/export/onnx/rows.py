"""Every primitive and how it is written: the rows by name, and what ONNX cannot express."""

from __future__ import annotations

from .control import CONTROL
from .elementwise import ELEMENTWISE, Row
from .indexing import INDEXING
from .reductions import REDUCTIONS
from .views import VIEWS

ROWS: dict[str, Row] = {**ELEMENTWISE, **VIEWS, **REDUCTIONS, **INDEXING, **CONTROL}
NOT_EXPORTABLE = {
    "nextafter": "it works on the bits of numbers, which no operator reads before opset 26",
    "bitcast": "bits of numbers are read by no operator before opset 26",
    "gamma_slope": "its series goes on until it has converged",
    "term": "it is the compiler's own, and in no traced graph",
    "materialise": "it is the compiler's own, and in no traced graph",
}
