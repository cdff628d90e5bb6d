"""LLVM: text in, machine code out. llvmlite is imported here, when first needed.

Explicit vector code needs few passes: SROA, which turns variables into registers, and then the code
generator. Everything before it is decided by whoever writes the text.
"""

from __future__ import annotations

import functools
import itertools
import re
import threading
from typing import Any

from ..config import config
from ..errors import ChainruleError, CompilationUnavailable
from . import cache, loader
from .loader import Code
from .machine import Machine, llvmlite_version, this_machine

_CODEGEN = 2  # LLVM's -O2
_UNKNOWN = re.compile(rb"\0_?(llvm\.[\w.]+)")  # a symbol; LLVM's own functions leave none

_lock = threading.RLock()
_counter = itertools.count()


class InvalidText(ChainruleError, RuntimeError):
    """LLVM refuses a text that the compiler wrote: a bug in the compiler."""


def compile_text(text: str, names: list[str]) -> Code:
    """Machine code of a module in LLVM's language; ``names`` are the functions to be called.

    What was compiled before comes from the disk, without LLVM where the loader suffices.

    Raises
    ------
    InvalidText
        With LLVM's complaint and the text around it.
    CompilationUnavailable
        Where llvmlite is missing or the system lets no memory be executed.
    """
    return load(machine_code(text), names)


def machine_code(text: str) -> bytes:
    """The object file of a module: from the disk if it was compiled before."""
    store = cache.default_cache()
    version = llvmlite_version() if store else ""
    if store is None or not version:
        return object_code(text)
    machine = this_machine(config.cpu)
    key = cache.key(text, f"O{_CODEGEN}", machine.triple, machine.cpu, machine.features, version)
    code = store.read(key)
    if code is None:
        code = object_code(text)
        store.write(key, code)
    return code


def load(code: bytes, names: list[str]) -> Code:
    """The functions of an object file, by our loader or, where that does not suffice, by LLVM's."""
    if loader.is_supported():
        try:
            return loader.load(code, names)
        except loader.BadObject:
            pass
    return _link(code, names)


def object_code(text: str) -> bytes:
    """The object file of a module, in the format of this platform, position-independent."""
    with _lock:
        code: bytes = _target().emit_object(_prepare(text))
    unknown = _UNKNOWN.search(code)
    if unknown:
        raise InvalidText(f"there is no function {unknown[1].decode()}")
    return code


def assembly(text: str) -> str:
    """What the processor will run, in its assembly language."""
    with _lock:
        code: str = _target().emit_assembly(_prepare(text))
        return code


def optimised(text: str) -> str:
    """The module after our passes, before code is generated from it."""
    with _lock:
        return str(_prepare(text))


def _link(code: bytes, names: list[str]) -> Code:
    with _lock:
        library = _binding().JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in names:
            library.export_symbol(name)
        try:
            tracker = library.link(_jit(), f"code{next(_counter)}")
        except RuntimeError as error:
            raise InvalidText(f"LLVM cannot link this code: {error}") from None
        return Code({name: tracker[name] for name in names}, tracker)


@functools.cache
def _binding() -> Any:
    try:
        import llvmlite.binding
    except (ImportError, OSError) as error:
        raise CompilationUnavailable(f"llvmlite cannot be imported: {error}") from None
    llvmlite.binding.initialize_native_target()
    llvmlite.binding.initialize_native_asmprinter()
    return llvmlite.binding


def _target() -> Any:
    return _target_for(this_machine(config.cpu))


@functools.cache
def _target_for(machine: Machine) -> Any:
    return (
        _binding()
        .Target.from_triple(machine.triple)
        .create_target_machine(
            cpu=machine.cpu,
            features=machine.features,
            opt=_CODEGEN,
            reloc="pic",
            codemodel="small",
        )
    )


@functools.cache
def _jit() -> Any:
    return _binding().create_lljit_compiler(_target())


def _prepare(text: str) -> Any:
    """The module, parsed, verified and with our passes run."""
    binding = _binding()
    try:
        module = binding.parse_assembly(text)
        module.verify()
    except RuntimeError as error:
        raise InvalidText(_explain(text, str(error))) from None
    builder = binding.create_pass_builder(_target(), binding.create_pipeline_tuning_options())
    passes = binding.create_new_function_pass_manager()
    passes.add_sroa_pass()
    for function in module.functions:
        if not function.is_declaration:
            passes.run(function, builder)
        elif not function.name.startswith("llvm."):
            raise InvalidText(f"there is no function {function.name}: pass its address instead")
    return module


def _explain(text: str, complaint: str) -> str:
    """LLVM's complaint, followed by the text with line numbers, around the line in question."""
    place = next((int(p) for p in complaint.split(":")[1:3] if p.strip().isdigit()), None)
    lines = [f"{n:5} {line}" for n, line in enumerate(text.splitlines(), 1)]
    if place is not None:
        lines = lines[max(0, place - 6) : place + 3]
    return f"LLVM refuses this text: {complaint.strip()}\n" + "\n".join(lines)
