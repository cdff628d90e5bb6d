"""The compiler: what makes it fast, and a primitive of your own."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="14 · The compiler, and your own primitive")

with app.setup:
    import math  # noqa: F401  # for your solutions
    import time

    import marimo as mo
    import numpy as np

    from chainrule import draw, grad, jit, simplify, trace
    from chainrule.engine.errors import CompilationUnavailable
    from chainrule.engine.primitives.families import elementwise
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("14_compiler", mo.notebook_dir())
    mo.md(r"""
    # 14 · The compiler, and your own primitive

    **The same formula in a fraction of the time: what did the compiler leave out?**

    Mostly memory. A processor can do dozens of operations while one number comes from memory, and
    NumPy sends every intermediate array there and back. In this lesson you look at each stage on
    the way from a function to machine code, count what it costs, write one of the stages yourself,
    and then add an operation that Chainrule does not have.
    """)
    return (lesson,)


@app.function
def formula(x):
    """Seven operations on each element."""
    return np.tanh(2 * x + 1) * np.exp(-x * x)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    NumPy runs through memory once for each operation. Compiled, `formula` is **one** loop, in which
    an element is read once, stays in registers, and is written once. With few elements the call
    itself takes longest. Measured now, on your machine:
    """)
    return


@app.function
def nanoseconds(f, x):
    """The time for each element of x, the best of five calls."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        f(x)
        times.append(time.perf_counter() - began)
    return 1e9 * min(times) / len(x)


@app.cell
def _():
    fast = jit(formula)
    sizes = [30, 100, 300, 1000, 3000, 10000, 30000]
    arrays = [np.linspace(0, 1, size) for size in sizes]
    times = {
        "NumPy": [nanoseconds(formula, array) for array in arrays],
        "compiled": [nanoseconds(fast, array) for array in arrays],
    }
    return sizes, times


@app.cell(hide_code=True, expand_output=True)
def _(sizes, times):
    chart.chart(
        chart.curve(np.log10(sizes), times["NumPy"], colour="muted", label="NumPy"),
        chart.curve(np.log10(sizes), times["compiled"], colour="blue", label="jit"),
        x="elements, as powers of ten",
        y="ns for each element",
        ylim=(0, 1.5 * max(times["NumPy"][3:])),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The stages

    `jit(f).lower(...)` shows what a call becomes. **Trace**: Python becomes a graph. **Simplify**:
    fewer nodes. **Fuse**: nodes become kernels, which are loops. **Write**: each kernel in the
    language of LLVM. **Compile**: instructions of your processor.
    """)
    return


@app.function
def stages(f, *args):
    """Text of each stage by name; what is in the way where nothing can be compiled here."""
    try:
        lowered = jit(f).lower(*args)
        return {
            "graph": lowered.graph,
            "simplified": lowered.simplified,
            "kernels": lowered.kernels,
            "llvm": lowered.llvm,
            "assembly": lowered.assembly,
            "cost": str(lowered),
        }
    except CompilationUnavailable as error:
        return {"graph": str(trace(f, *args)), "no compiler here": str(error)}


@app.cell
def _():
    looked = stages(formula, np.linspace(0, 1, 1000))
    return (looked,)


@app.cell(hide_code=True)
def _(looked):
    stage = mo.ui.dropdown(list(looked), value="graph", label="stage")
    stage
    return (stage,)


@app.cell(hide_code=True, expand_output=True)
def _(looked, stage):
    mo.plain_text("\n".join(looked[stage.value].splitlines()[:40]))
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: what a product costs

    A matrix (m, k) times a matrix (k, n), all in float32, 4 bytes a number. Each entry of the
    result is a sum of k products. Count an addition as one operation and a multiplication as one
    (k of each, if the sum begins at 0). And how many bytes are read and written, if every matrix
    goes through memory once? Return both.
    """)
    return


@app.function
def product_cost(m, k, n):
    """operations, bytes"""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("product_cost", product_cost)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Divide one by the other: for large matrices hundreds of operations for each byte, for `formula`
    a few. That is why products are as fast as the processor, and all else as fast as the memory,
    unless it is fused.

    ## Twins

    This function computes the same thing twice. To the left the graph as traced, to the right
    simplified.
    """)
    return


@app.cell(expand_output=True)
def _():
    def wasteful(x):
        return np.tanh(x) * np.exp(np.tanh(x))

    noted = trace(wasteful, 0.5)
    chart.beside(draw.graph(noted), draw.graph(simplify(noted)))
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: merge them

    A little program is a list of entries. An entry is the name of an operation, and the numbers of
    the entries that it is computed from. This one has a twin, number 2; the last is the result:

        [("x",), ("tanh", 0), ("tanh", 0), ("exp", 2), ("multiply", 1, 3)]

    Leave out twins: entries with the same operation **and** the same inputs as an earlier one.
    Whoever used a twin uses the earlier one instead, so numbers change, and an entry may become a
    twin only through that. Return the new list, and the number in it of the result (of what was
    the last entry).

    A dict from entries to their new numbers does it in one pass.
    """)
    return


@app.function
def merge_twins(program):
    """The program without twins, and the number of its result."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("merge_twins", merge_twins)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A primitive

    What is at the bottom of it all is a table. Each operation is a **row**: what it computes, its
    derivative, how it is compiled. Whatever has a row can be differentiated, twice as well, mapped,
    drawn and compiled. This one is not in the table:
    """)
    return


@app.cell
def _():
    softsign = elementwise(
        "softsign",
        numpy=lambda x: x / (1 + np.abs(x)),
        derivative=lambda y, x: (1 - np.abs(y)) ** 2,  # y is the result, already there
        dtypes="float",
        latex=r"\mathrm{{softsign}}({})",
    )
    [float(df(1.0)) for df in (softsign, grad(softsign), grad(grad(softsign)))]
    return (softsign,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    It works everywhere already. In compiled code NumPy is called for it, since the row does not say
    how to compile it; the kernels tell:
    """)
    return


@app.cell
def _(softsign):
    _stages = stages(lambda x: softsign(3 * x), np.ones(5))
    mo.plain_text(_stages.get("kernels", "no compiler here"))
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: the numbers

    A row is worth it where a composition is **unstable**. $\ln \cosh x$ is a smooth Huber loss
    (lesson 13). But $\cosh 1000$ is infinite, though $\ln \cosh 1000$ is just below 1000. Take the
    large part out before the logarithm:

    $$ \ln\cosh x = |x| + \ln\left(1 + e^{-2|x|}\right) - \ln 2 $$

    `np.log1p(u)` is $\ln(1 + u)$. An array of float32 must stay one: `math.log(2)` is a plain
    number and lets it, `np.log(2)` is a float64 and does not.
    """)
    return


@app.function
def stable(x):
    """ln cosh of each entry, for any x."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("stable", stable)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: the row

    Now make it a primitive: an `elementwise` row like `softsign` above, with the name `"log_cosh"`.
    The derivative of $\ln \cosh x$ is $\tanh x$; written with NumPy's names it can be
    differentiated again. (For `numpy=` write a lambda with the formula, or use your `stable`.)
    """)
    return


@app.cell
def _():
    log_cosh = ...
    return (log_cosh,)


@app.cell(hide_code=True, expand_output=True)
def _(lesson, log_cosh):
    lesson.check("log_cosh", log_cosh)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: how it is compiled

    Last, the row's `llvm=`: a function of the emitter and of a value, which **writes** instructions
    instead of computing. A value stands for a register full of numbers. It has `+`, `-`, `*` and
    `/`, with plain numbers too; functions are the emitter's: `emit.abs(x)`, `emit.exp(x)`,
    `emit.log1p(x)`, ... For softsign it would be `x / (1 + emit.abs(x))`. Write the formula of
    exercise 3.
    """)
    return


@app.function
def rule(emit, x):
    """The instructions of ln cosh x: returns the value that holds the result."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("rule", rule)
    return


@app.cell(hide_code=True)
def _(lesson, log_cosh):
    lesson.progress(product_cost, merge_twins, stable, log_cosh, rule)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Give your row the `llvm=rule`, and look at `jit(log_cosh).lower(np.ones(5)).kernels`: is
      "by NumPy" gone?
    - Train the line of lesson 1 with `log_cosh` as its loss, and one outlier in the data.
    - `with chainrule.profile() as table:` around a training; `print(table)` says where the time
      goes, line by line.
    - Your row is a few lines away from being Chainrule's own: `docs/add-a-primitive.md`. Its test
      is there already.

    This was the last lesson. You began with a line and two sliders; now you know every step from
    there down to the instructions of the processor. Go and build something.
    """)
    return


if __name__ == "__main__":
    app.run()
