"""Elementwise rules as functions of NumPy arrays, compiled for any number of lanes."""

import ctypes

import numpy as np

from chainrule.engine.compile import llvm
from chainrule.engine.compile.instructions import kind_of
from chainrule.engine.compile.math import Math

WIDTHS = (1, 3, 8, 16)
_ATTRIBUTES = '"min-legal-vector-width"="512" "prefer-vector-width"="512" nounwind'


class Compiled:
    """Rules compiled together: ``rules[name] = (rule, input dtypes, output dtype)``."""

    def __init__(self, rules, lanes=16, flags=""):
        bodies, declarations = [], set()
        for name, (rule, inputs, output) in rules.items():
            emit = Math(flags)
            bodies.append(_function(emit, name, rule, inputs, output, lanes))
            declarations |= emit.used
        self.text = "\n".join([*sorted(declarations), *bodies])
        self.lanes, self.rules = lanes, rules
        self.code = llvm.compile_text(self.text, list(rules))

    def __call__(self, name, *arrays):
        """The rule's results for arrays of one length."""
        _, inputs, output = self.rules[name]
        size = len(arrays[0])
        whole = -(-size // self.lanes) * self.lanes
        padded = [np.resize(x.astype(d), whole) for x, d in zip(arrays, inputs, strict=True)]
        out = np.empty(whole, output)
        pointers = [x.ctypes.data for x in (*padded, out)]
        kinds = [ctypes.c_void_p] * len(pointers)
        function = ctypes.CFUNCTYPE(None, *kinds, ctypes.c_int64)(self.code.address(name))
        function(*pointers, whole)
        return out[:size]


def _function(emit, name, rule, inputs, output, lanes):
    count = emit.argument("i64", "%count")
    with emit.loop(0, count, lanes) as i:
        values = []
        for number, dtype in enumerate(inputs):
            kind = kind_of(np.dtype(dtype))
            address = emit.address(emit.argument("ptr", f"%x{number}"), i, kind)
            values.append(emit.load(address, kind, lanes))
        found = rule(emit, *values)
        kind = kind_of(np.dtype(output))
        emit.store(emit.address(emit.argument("ptr", "%out"), i, kind), emit.splat(found, lanes))
    pointers = ", ".join(f"ptr %x{number}" for number in range(len(inputs)))
    head = f"define void @{name}({pointers}, ptr %out, i64 %count) {_ATTRIBUTES} {{\nentry:\n"
    return f"{head}{emit.text()}\n  ret void\n}}"
