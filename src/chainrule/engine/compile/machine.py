"""The processor that code is made for: its name and features in LLVM's words, and its lanes.

>>> this_machine("baseline").lanes
4

LLVM knows the processor, but importing it takes longer than all else of a warm start. So its answer
is kept in the disk cache, under what the system says of the processor and of llvmlite.
"""

from __future__ import annotations

import functools
import os
import platform
from dataclasses import dataclass
from importlib.util import find_spec

# With these, 512-bit vectors hold every kind of element, and masks come with all of them.
_AVX512 = ("avx512f", "avx512vl", "avx512dq", "avx512bw")


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
    host = _ask_llvm()
    if cpu == "host":
        return host
    is_x86 = host.triple.startswith("x86_64")
    return Machine("x86-64" if is_x86 else "generic", "", host.triple)


def _ask_llvm() -> Machine:
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    return Machine(llvm.get_host_cpu_name(), features, llvm.get_process_triple())


def fingerprint() -> str:
    """The processor and llvmlite as the system describes them, quickly; empty where it does not."""
    wanted = ("vendor_id", "cpu family", "model", "stepping", "flags")
    try:
        with open("/proc/cpuinfo") as file:
            first, _, _ = file.read(16384).partition("\n\n")
        with open(llvmlite_file("_version.py")) as file:
            version = file.read()
    except OSError:
        return ""
    lines = [line for line in first.splitlines() if line.startswith(wanted)]
    if not any(line.startswith("flags") for line in lines):
        return ""
    return "\n".join([platform.machine(), *lines, version])


def llvmlite_file(name: str) -> str:
    """A file of the installed llvmlite, which is not imported for it."""
    found = find_spec("llvmlite")
    if found is None or found.origin is None:
        raise FileNotFoundError("llvmlite")
    return os.path.join(os.path.dirname(found.origin), name)
