"""Lesson 14: solutions, checks, hints and typical mistakes."""

import inspect
import math
import warnings

import numpy as np

from chainrule import grad, jit, trace, vmap
from chainrule.engine.errors import CompilationUnavailable
from chainrule.engine.primitives.families import Primitive, elementwise
from chainrule.lessons.cases import Kind
from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    Wrong,
    agrees,
    array,
    equals,
    number,
    require,
    show,
    slope,
    unpack,
)


def lowered(f, *args):
    """What jit makes of a call; None where this machine has no compiler."""
    try:
        return jit(f).lower(*args)
    except CompilationUnavailable:
        return None


def product_cost(m, k, n):
    return 2 * m * k * n, 4 * (m * k + k * n + m * n)


def check_product_cost(product_cost):
    yield "Two numbers."
    unpack(product_cost(2, 3, 4), "operations, bytes")
    yield "A number times a number: one product, one addition; two are read, one is written."
    equals(tuple(product_cost(1, 1, 1)), (2, 12), "for m = k = n = 1 the cost")
    yield "Twice as large in every direction: 8 times the operations, 4 times the bytes."
    small, large = product_cost(3, 4, 5), product_cost(6, 8, 10)
    equals(large[0] / small[0], 8, "from (3, 4, 5) to (6, 8, 10) the growth of operations")
    equals(large[1] / small[1], 4, "from (3, 4, 5) to (6, 8, 10) the growth of bytes")
    yield "Operations: k products and k additions for each entry of the result."
    side = Kind(low=1, high=9, whole=True)
    sides = {"m": side, "k": side, "n": side}
    agrees(lambda m, k, n: product_cost(m, k, n)[0], lambda m, k, n: 2 * m * k * n, **sides)
    yield "Bytes: all three matrices, once."
    agrees(
        lambda m, k, n: product_cost(m, k, n)[1],
        lambda m, k, n: 4 * (m * k + k * n + m * n),
        **sides,
    )
    yield "The compiler says the same of its own kernel."
    kernel = lowered(lambda a, b: a @ b, np.ones((16, 32), "f"), np.ones((32, 8), "f"))
    if kernel is not None:
        cost = kernel.cost()
        found = tuple(product_cost(16, 32, 8))
        equals(found, (cost.flops, cost.read + cost.written), "for (16, 32) times (32, 8) it")


def merge_twins(program):
    new, known, number = [], {}, []
    for operation, *inputs in program:
        entry = (operation, *[number[i] for i in inputs])
        if entry not in known:
            known[entry] = len(new)
            new.append(entry)
        number.append(known[entry])
    return new, number[-1]


PROGRAMS = {
    "two inputs, no twins": [("x",), ("y",), ("multiply", 0, 1)],
    "tanh x · tanh x": [("x",), ("tanh", 0), ("tanh", 0), ("multiply", 1, 2)],
    "tanh x · tanh y": [("x",), ("y",), ("tanh", 0), ("tanh", 1), ("multiply", 2, 3)],
    "exp x · tanh x": [("x",), ("exp", 0), ("tanh", 0), ("multiply", 1, 2)],
    "exp(tanh x) · exp(tanh x)": [
        ("x",), ("tanh", 0), ("exp", 1), ("tanh", 0), ("exp", 3), ("multiply", 2, 4),
    ],
    "tanh x, whose twin is the result": [("x",), ("tanh", 0), ("exp", 1), ("tanh", 0)],
}  # fmt: skip
OPERATIONS = {"tanh": np.tanh, "exp": np.exp, "multiply": np.multiply}


def value_of(program, result):
    """What entry number ``result`` of a program is, for x = 0.5 and y = -0.3."""
    values = []
    for operation, *inputs in program:
        given = [values[i] for i in inputs]
        values.append(
            {"x": 0.5, "y": -0.3}[operation] if not given else OPERATIONS[operation](*given)
        )
    return values[result]


def check_merge_twins(merge_twins):
    yield "A list, and the number of the result."
    for name, program in PROGRAMS.items():
        kept = list(program)
        new, result = unpack(merge_twins(program), "new, number")
        require(program == kept, "It changes the list that it was given.")
        require(isinstance(new, list), f"The first is {show(new)}, not a list.")
        require(
            isinstance(result, int) and 0 <= result < len(new),
            f"For {name} the list has {len(new)} entries, and the result is number {show(result)}.",
        )
    yield "Every input of an entry stands before it."
    for name, program in PROGRAMS.items():
        for place, (operation, *inputs) in enumerate(merge_twins(program)[0]):
            late = [i for i in inputs if i >= place]
            message = f"For {name}, entry {place}, {operation}, uses entry {late}."
            require(not late, message + " Were its inputs renumbered?")
    yield "The result has the same value."
    for name, program in PROGRAMS.items():
        new, result = merge_twins(program)
        got, expected = value_of(new, result), value_of(program, -1)
        require(
            np.isclose(got, expected),
            f"For {name} with x = 0.5, y = −0.3 it is {show(got)}, but it must be "
            f"{show(expected)}.\nYour program: {new}, result: number {result}",
        )
    yield "No two entries are alike, not even those that became alike."
    for name, program in PROGRAMS.items():
        new, _ = merge_twins(program)
        twins = [entry for entry in new if new.count(entry) > 1]
        require(not twins, f"For {name} there are twins left: {twins}, in {new}.")


def stable(x):
    size = np.abs(x)
    return size + np.log1p(np.exp(-2 * size)) - math.log(2)


def check_stable(stable):
    yield "Near 0 it is the logarithm of cosh."
    agrees(stable, lambda x: np.log(np.cosh(x)), x=array("n"))
    yield "Far out it is |x| − ln 2, on both sides."
    far = np.array([1000.0, -1000.0])
    equals(stable(far), np.full(2, 1000 - math.log(2)), "for [1000, -1000] it")
    yield "float32 stays float32."
    kind = np.asarray(stable(np.ones(3, np.float32))).dtype
    require(kind == np.float32, f"An array of float32 becomes one of {kind}.")


log_cosh = elementwise(
    "log_cosh",
    numpy=lambda x: np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - math.log(2),
    derivative=lambda y, x: np.tanh(x),
    dtypes="float",
    latex=r"\ln\cosh({})",
)


def check_log_cosh(log_cosh):
    yield "It is a row, named log_cosh."
    require(isinstance(log_cosh, Primitive), f"It is {show(log_cosh)}, not made by elementwise.")
    require(log_cosh.name == "log_cosh", f"Its name is {log_cosh.name!r}.")
    yield "It computes ln cosh, also where cosh overflows."
    agrees(log_cosh, lambda x: np.log(np.cosh(x)), x=array("n"))
    equals(float(log_cosh(1000.0)), 1000 - math.log(2), "log_cosh(1000)")
    yield "Its derivative is a function of y, the result, and of x, written with NumPy's names."
    check_partial(*log_cosh.derivatives)
    yield "Its derivative, measured with finite differences."
    agrees(
        lambda x: grad(lambda x: log_cosh(x).sum())(x),
        lambda x: slope(log_cosh.numpy, {"x": x}, "x"),
        tolerance=1e-4,
        x=array("n"),
    )
    yield "It has a derivative far out, too."
    equals(float(grad(log_cosh)(1000.0)), 1.0, "the derivative at 1000")
    yield "It can be differentiated again: 1 − tanh²."
    agrees(lambda x: float(grad(grad(log_cosh))(x)), lambda x: 1 - np.tanh(x) ** 2, x=number())
    yield "What it says of its dtype is true, for whole numbers too."
    said = trace(log_cosh, np.arange(3)).outputs[0].type.dtype
    require(said.kind == "f", f"Of whole numbers it says that the result is {said}: see dtypes=.")
    yield "In a stack: each as if alone."
    agrees(lambda x: vmap(log_cosh)(x), lambda x: log_cosh.numpy(x), x=array("n", 2))


def check_partial(partial):
    """The derivative as the row has it: what it takes, and that it can be traced."""
    require(partial is not None, "The row has no derivative: see derivative=.")
    count = getattr(partial, "nin", None) or len(inspect.signature(partial).parameters)
    require(count == 2, f"It takes {count} argument(s), but gets two: the result, and the input.")
    try:
        trace(partial, 0.5, 0.5)
    except (TypeError, ValueError) as error:
        kind = type(error).__name__
        raise Wrong(f"With tensors: {kind}. Is it written with np. functions?") from None


def rule(emit, x):
    size = emit.abs(x)
    return size + emit.log1p(emit.exp(-2 * size)) - math.log(2)


class Register:
    """Stands for a value of the emitter, and holds numbers, so that a rule runs anywhere."""

    __array_ufunc__ = None  # NumPy's functions do not take it, as they do not take a value

    def __init__(self, numbers):
        self.numbers = numbers


def numbers_of(x):
    return x.numbers if isinstance(x, Register) else x


def with_numpy(function):
    """The same for registers."""
    return lambda *given: Register(function(*map(numbers_of, given)))


for name, function in {
    "__add__": np.add,
    "__radd__": np.add,
    "__sub__": np.subtract,
    "__rsub__": lambda a, b: b - a,
    "__mul__": np.multiply,
    "__rmul__": np.multiply,
    "__truediv__": np.divide,
    "__rtruediv__": lambda a, b: b / a,
    "__neg__": np.negative,
    "__lt__": np.less,
    "__gt__": np.greater,
}.items():
    setattr(Register, name, with_numpy(function))


LACKING = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "select": np.where,
}


class Stand:
    """Stands for the emitter: every function of NumPy's, and those that NumPy lacks."""

    def __getattr__(self, name):
        return with_numpy(LACKING.get(name) or getattr(np, name))


def check_rule(rule):
    def run(x):
        made = rule(Stand(), Register(x))
        require(made is not None, "It returns nothing: is a `return` missing?")
        require(isinstance(made, Register), f"It gives {show(made)}, which no instruction made.")
        return made.numbers

    yield "Instructions, for whatever numbers will be in the register."
    run(np.array([0.5, 1.0]))
    yield "They make ln cosh."
    agrees(run, lambda x: np.log(np.cosh(x)), x=array("n"))
    yield "Far out it is |x| − ln 2."
    far = np.array([1000.0, -1000.0])
    equals(run(far), np.full(2, 1000 - math.log(2)), "for [1000, -1000] it")
    yield "Compiled, in float64 and float32, it is the same."
    row = elementwise(
        "log_cosh", numpy=stable, derivative=lambda y, x: np.tanh(x), dtypes="float", llvm=rule
    )
    x = np.linspace(-3, 3, 11)
    for dtype in (np.float64, np.float32):
        with warnings.catch_warnings(action="ignore"):  # without a compiler NumPy does it
            got = jit(lambda x: 2 * row(x))(x.astype(dtype))
        equals(got, 2 * np.log(np.cosh(x)), f"compiled for {dtype.__name__}, 2 · log_cosh", 1e-5)
    yield "It is one loop with its neighbours, and NumPy is not called."
    code = lowered(lambda x: 2 * row(x), x)
    if code is not None:
        count = len(code.cost().kernels)
        require(count == 1, f"2 · log_cosh(x) has become {count} kernels.")


EXERCISES = (
    Exercise(
        "product_cost",
        check_product_cost,
        hints=(
            "The result has m · n entries, and each takes k products and k additions.",
            "The matrices have m·k, k·n and m·n entries, of 4 bytes each.",
        ),
        mistakes=(
            Mistake("2 * m * k * n", "m * k * n", "A number times a number"),
            Mistake("4 * (m", "(m", "A number times a number"),
            Mistake(" + m * n", "", "A number times a number"),
            Mistake("2 * m * k * n", "2 * m * n", "Twice as large in every direction"),
            Mistake("2 * m * k * n", "2 * m * k * k", "Operations: k products"),
            Mistake("m * k + k * n + m * n", "3 * m * n", "Bytes: all three matrices"),
        ),
    ),
    Exercise(
        "merge_twins",
        check_merge_twins,
        hints=(
            "Keep three things: the new list, a dict from entry to its new number, and a list "
            "with the new number of each old entry.",
            "First renumber the inputs: `entry = (operation, *[number[i] for i in inputs])`.",
            "If the dict does not know the entry, append it; in any case note its number.",
        ),
        mistakes=(
            Mistake("number[i] for i in inputs", "i for i in inputs", "Were its inputs renumbered"),
            Mistake("number[-1]", "len(new) - 1", "tanh x, whose twin is the result with x = 0.5"),
            Mistake(
                "        if entry not in known:\n",
                "        if (operation, *inputs) not in program[:len(number)]:\n",
                "there are twins left: [('exp', 1), ('exp', 1)]",
            ),
            Mistake("if entry not in known", "if True", "there are twins left"),
            Mistake(
                "        if entry not in known:\n            known[entry] = len(new)\n"
                "            new.append(entry)\n        number.append(known[entry])",
                "        if operation not in known:\n            known[operation] = len(new)\n"
                "            new.append(entry)\n        number.append(known[operation])",
                "For tanh x · tanh y with x = 0.5",
            ),
            Mistake(", number[-1]", "", "must end with `return new, number`"),
        ),
    ),
    Exercise(
        "stable",
        check_stable,
        hints=(
            "First `size = np.abs(x)`, for you need it twice.",
            "`size + np.log1p(np.exp(-2 * size)) - math.log(2)`",
        ),
        mistakes=(
            Mistake(
                "size + np.log1p(np.exp(-2 * size)) - math.log(2)",
                "np.log(np.cosh(x))",
                "Far out it is",
            ),
            Mistake(" - math.log(2)", "", "Near 0 it is the logarithm of cosh"),
            Mistake("size = np.abs(x)", "size = x", "Far out it is"),
            Mistake("math.log(2)", "np.log(2)", "An array of float32 becomes one of float64"),
            Mistake("-2 * size", "-size", "Near 0 it is the logarithm of cosh"),
        ),
    ),
    Exercise(
        "log_cosh",
        check_log_cosh,
        hints=(
            "Copy softsign's row, and change the name, numpy=, derivative= and latex=.",
            "The derivative takes the result and the input: `lambda y, x: np.tanh(x)`.",
        ),
        mistakes=(
            Mistake("np.tanh(x)", "np.tanh(y)", "Its derivative, measured"),
            Mistake("lambda y, x: np.tanh(x)", "lambda x: np.tanh(x)", "It takes 1 argument"),
            Mistake(
                "np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - math.log(2)",
                "np.log(np.cosh(x))",
                "also where cosh overflows",
            ),
            Mistake("lambda y, x: np.tanh(x)", "np.tanh", "It takes 1 argument"),
            Mistake("    derivative=lambda y, x: np.tanh(x),\n", "", "see derivative="),
            Mistake("np.tanh(x)", "np.sinh(x) / np.cosh(x)", "a derivative far out"),
            Mistake('    dtypes="float",\n', "", "see dtypes="),
            Mistake("np.tanh(x)", "math.tanh(x)", "Is it written with np. functions?"),
        ),
    ),
    Exercise(
        "rule",
        check_rule,
        hints=(
            "`size = emit.abs(x)`, then the formula, with `emit.` where exercise 3 has `np.`.",
            "`math.log(2)` is a number, and may be subtracted from a value.",
        ),
        mistakes=(
            Mistake("emit.exp", "np.exp", "It stops with TypeError"),
            Mistake(" - math.log(2)", "", "They make ln cosh"),
            Mistake("    return size", "    size", "is a `return` missing?"),
            Mistake(
                "size + emit.log1p(emit.exp(-2 * size)) - math.log(2)",
                "emit.log(emit.cosh(x))",
                "Far out it is",
            ),
            Mistake("emit.abs(x)", "abs(x)", "It stops with TypeError"),
        ),
    ),
)
