"""``chainrule doctor``: what is installed, whether it works, how fast this machine is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import terminal

if TYPE_CHECKING:
    from .machine import Library, Speed

EXAMPLES = """
[bold]Examples:[/]
  chainrule doctor            look, measure, advise
  chainrule doctor --fast     without measuring
  chainrule doctor --json     for a report of a fault
"""


def doctor(
    fast: Annotated[bool, typer.Option("--fast", help="Measure nothing.", metavar="")] = False,
) -> dict[str, Any]:
    """Show what is installed, whether it works, and how fast this machine is.

    Ends with advice for what is missing; with exit code 1 where nothing can be compiled or what
    is compiled is wrong.
    """
    from . import machine

    found = machine.libraries()
    facts = machine.computer() | {"blas": machine.blas()} | _compiling()
    document: dict[str, Any] = {
        "ok": facts["compiles"],
        "version": machine.metadata.version("chainrule"),
        "machine": facts,
        "extras": {name or "chainrule": _as_dict(found[name]) for name in found},
        "cache": _cache(),
        "speed": [],
        "advice": [],
    }
    _show_machine(document)
    _show_extras(found)
    if not fast:
        measured = _measure()
        document["speed"] = [each._asdict() for each in measured]
        _show_speed(measured)
    document["advice"] = _advice(document, found)
    _show_advice(document["advice"])
    return document


def _as_dict(needed: list[Library]) -> dict[str, Any]:
    return {each.name: each.version for each in needed}


def _compiling() -> dict[str, Any]:
    """Whether compiled code runs here and is right, and with which threads and vectors."""
    import numpy as np

    import chainrule as cr

    x = np.linspace(-2, 2, 1000, dtype=np.float32)
    facts: dict[str, Any] = {"threads": cr.config.threads, "why_not": cr.config.why_not}
    facts |= {"compiles": False, "processor_for_llvm": None}
    if facts["why_not"]:
        return facts
    try:
        from ..engine.compile.machine import this_machine

        found = this_machine()
        facts["processor_for_llvm"] = f"{found.cpu}, {found.lanes} float32 at a time"
        made = cr.jit(lambda v: np.tanh(v) * v + 1)(x)
    except Exception as error:
        return facts | {"why_not": f"{type(error).__name__}: {error}"}
    is_right = np.allclose(made, np.tanh(x) * x + 1, rtol=1e-5, atol=1e-6)
    facts["compiles"] = bool(is_right)
    return facts if is_right else facts | {"why_not": "compiled code gives wrong numbers here"}


def _cache() -> dict[str, Any]:
    from .cache import describe

    found = describe()
    folder = found["directory"]
    while folder and not os.path.exists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    found["is_writable"] = bool(folder) and os.access(folder, os.W_OK)
    return found


def _measure() -> list[Speed]:
    from . import machine

    with terminal.remarks().status("measuring"):
        return machine.speeds()


# -- what is shown -----------------------------------------------------------------------------


def _show_machine(document: dict[str, Any]) -> None:
    facts, cache = document["machine"], document["cache"]
    memory = facts["memory"]
    compiles = facts["processor_for_llvm"] if facts["compiles"] else f"no: {facts['why_not']}"
    in_use = f"no: {cache['why_not']}" if cache["why_not"] else f"{cache['bytes'] / 1e6:.1f} MB"
    rows = {
        "Chainrule": document["version"],
        "Python": facts["python"],
        "System": facts["system"],
        "Processor": facts["processor"],
        "Cores": f"{facts['cores']}, threads used {facts['threads']}",
        "Memory": f"{memory / 2**30:.1f} GiB" if memory else "unknown",
        "Compiling": compiles,
        "BLAS": facts["blas"],
        "Code cache": f"{cache['directory'] or 'nowhere'} ({in_use})",
    }
    terminal.show(terminal.pairs(rows))


def _show_extras(found: dict[str, list[Library]]) -> None:
    """Each library once: later extras have those of earlier ones, too."""
    from rich.text import Text

    from . import machine

    table = terminal.table("extra", "for", "libraries")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    seen: set[str] = set()
    for name, needed in found.items():
        shown = Text()
        for each in needed:
            if each.name in seen and each.is_fine:
                continue
            seen.add(each.name)
            shown.append(", " if shown else "")
            text = f"{each.name} {each.version or 'missing'}"
            shown.append(text, style="" if each.is_fine else "yellow")
        if not needed:
            shown.append("unknown to this installation", style="yellow")
        table.add_row(name or "chainrule", machine.EXTRAS[name], shown or "nothing more")
    terminal.show(None, table)


def _show_speed(measured: list[Speed]) -> None:
    table = terminal.table("measured", "", "", right=(1,))
    for what, value, unit in measured:
        table.add_row(what, f"{value:,.0f}" if value >= 100 else f"{value:.1f}", unit)
    terminal.show(None, table)


def _show_advice(advice: list[str]) -> None:
    if advice:
        terminal.show(None, terminal.bullets(advice))
    else:
        terminal.show(None, "[green]All is well.[/]")


# -- advice ------------------------------------------------------------------------------------


def _advice(document: dict[str, Any], found: dict[str, list[Library]]) -> list[str]:
    """What to do, the most important first."""
    facts, cache = document["machine"], document["cache"]
    advice = []
    if not facts["compiles"]:
        reason = facts["why_not"]
        advice.append(f"Nothing is compiled, training is slow: {reason}.")
    if cache["why_not"]:
        advice.append(
            f"Compiled code is not kept ({cache['why_not']}): each start compiles anew. "
            "CHAINRULE_CACHE_DIR names another folder."
        )
    elif not cache["is_writable"]:
        advice.append(
            f"{cache['directory']} cannot be written: each start compiles anew. "
            "CHAINRULE_CACHE_DIR names another folder."
        )
    if not all(found.values()):
        advice.append("This installation does not know all extras: install Chainrule again.")
    for name, needed in found.items():
        bad = [each for each in needed if not each.is_fine]
        if not bad:
            continue
        told = ", ".join(_complaint(each) for each in bad)
        install = f"pip install 'chainrule[{name}]'" if name else "pip install --upgrade chainrule"
        advice.append(f"{told}: {install}")
    return advice


def _complaint(each: Library) -> str:
    if each.version is None:
        return f"{each.name} is not installed"
    return f"{each.name} {each.version} is not {each.needed}"
