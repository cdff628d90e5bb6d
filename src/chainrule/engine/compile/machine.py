"""The processor that code is made for: its name and features in LLVM's words, and its lanes.

>>> this_machine("baseline").lanes
4

LLVM knows the processor, but importing it takes longer than all else of a warm start. So its answer
is kept in the disk cache, under what the system says of the processor and of llvmlite.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from importlib.util import find_spec

from ..errors import CompilationUnavailable
from . import cache

# With these, 512-bit vectors hold every kind of element, and masks come with all of them.
_AVX512 = ("avx512f", "avx512vl", "avx512dq", "avx512bw")

# LLVM's function that counts time at a constant rate: rdtsc on x86-64, CNTVCT on ARM64.
CLOCK = "llvm.readcyclecounter"


@dataclass(frozen=True)
class Machine:
    """What LLVM needs to know of a processor.

    Attributes
    ----------
    cpu, features, triple
        LLVM's names, such as ``znver4``, ``+avx,-sse4a,...``, ``x86_64-unknown-linux-gnu``.
    """

    cpu: str
    features: str
    triple: str

    @property
    def lanes(self) -> int:
        """How many float32 fill a register."""
        has = {name[1:] for name in self.features.split(",") if name.startswith("+")}
        if has.issuperset(_AVX512):
            return 16
        return 8 if "avx" in has else 4


@functools.cache
def this_machine(cpu: str = "host") -> Machine:
    """The processor at hand, or with ``cpu="baseline"`` the least of its family."""
    host = _remembered() or _ask_llvm()
    if cpu == "host":
        return host
    is_x86 = host.triple.startswith("x86_64")
    return Machine("x86-64" if is_x86 else "generic", "", host.triple)


@functools.cache
def llvmlite_version() -> str:
    """Which llvmlite is installed, without importing it; empty if that cannot be seen."""
    try:
        found = find_spec("llvmlite")
        if found is None or found.origin is None:
            return ""
        with open(os.path.join(os.path.dirname(found.origin), "_version.py")) as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def _ask_llvm() -> Machine:
    try:
        import llvmlite.binding as llvm
    except (ImportError, OSError) as error:
        raise CompilationUnavailable(f"llvmlite cannot be imported: {error}") from None
    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # some platforms tell the name only
        features = ""
    return Machine(llvm.get_host_cpu_name(), features, llvm.get_process_triple())


def _remembered() -> Machine | None:
    """LLVM's answer, from the disk if it was asked before."""
    store, description = cache.default_cache(), _describe_processor()
    if store is None or not description:
        return None
    key = cache.key("machine", description, llvmlite_version())
    found = store.read(key)
    if found is not None:
        return Machine(*found.decode().split("\n"))
    machine = _ask_llvm()
    store.write(key, f"{machine.cpu}\n{machine.features}\n{machine.triple}".encode())
    return machine


def _describe_processor() -> str:
    """What Linux says of an x86 processor; empty elsewhere."""
    wanted = ("vendor_id", "cpu family", "model", "stepping", "flags")
    try:
        with open("/proc/cpuinfo") as file:
            first, _, _ = file.read(16384).partition("\n\n")
    except OSError:
        return ""
    lines = [line for line in first.splitlines() if line.startswith(wanted)]
    return "\n".join(lines) if lines and lines[-1].startswith("flags") else ""
