"""The loader: what it lays out and protects, and damaged files, which give an error, no crash."""

import ctypes
import gc
import random
import struct

import numpy as np
import pytest

from chainrule.engine.compile import llvm, loader
from chainrule.engine.errors import CompilationUnavailable

pytestmark = pytest.mark.skipif(
    not loader.is_supported(), reason="the loader reads object files of Linux on x86-64"
)

# Constants of several alignments, a call inside the module, two exported functions, and calls of
# the C library.
TEXT = """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define internal double @polynomial(double %x) noinline nounwind {
  %a = fmul double %x, 0x3FD5555555555555
  %b = fadd double %a, 0x3FE0000000000001
  ret double %b
}
define void @first(ptr %a, ptr %b) nounwind {
  %x = load double, ptr %a, align 8
  %y = call double @polynomial(double %x)
  %z = frem double %y, 0x3FC999999999999A
  %v = load <4 x float>, ptr %b, align 4
  %w = fadd <4 x float> %v, <float 1.0, float 2.0, float 3.0, float 4.0>
  store <4 x float> %w, ptr %b, align 4
  store double %z, ptr %a, align 8
  ret void
}
define void @copy(ptr %a, ptr %b) {
  call void @llvm.memcpy.p0.p0.i64(ptr %b, ptr %a, i64 4096, i1 false)
  ret void
}
"""
NAMES = ["first", "copy"]


@pytest.fixture(scope="module")
def object_code():
    return llvm.object_code(TEXT)


def call(code, name, *arrays):
    kinds = [ctypes.c_void_p] * len(arrays)
    ctypes.CFUNCTYPE(None, *kinds)(code.address(name))(*[x.ctypes.data for x in arrays])


def protection(address):
    """How the memory at an address may be used, as ``r-xp``; nothing if there is none."""
    with open("/proc/self/maps") as file:
        for line in file:
            places, how = line.split()[:2]
            start, end = (int(place, 16) for place in places.split("-"))
            if start <= address < end:
                return how
    return None


def test_functions_run(object_code):
    code = loader.load(object_code, NAMES)
    x, v = np.array([4.0]), np.zeros(4, np.float32)
    call(code, "first", x, v)
    assert x[0] == np.fmod(4.0 * (1 / 3) + 0.5000000000000001, 0.2)
    assert v.tolist() == [1, 2, 3, 4]
    a, b = np.random.default_rng(0).random(512), np.zeros(512)
    call(code, "copy", a, b)
    assert (a == b).all()


def test_code_is_never_writable_and_goes_with_its_object(object_code):
    code = loader.load(object_code, NAMES)
    address = code.address("first")
    assert protection(address) == "r-xp"
    del code
    gc.collect()
    assert protection(address) != "r-xp"


def test_a_system_that_forbids_it(object_code, monkeypatch):
    monkeypatch.setattr(loader, "_mprotect", lambda: lambda *arguments: -1)
    with pytest.raises(CompilationUnavailable, match="no memory be executed"):
        loader.load(object_code, NAMES)


def test_no_memory_left(object_code, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(loader.mmap, "mmap", refuse)
    with pytest.raises(CompilationUnavailable, match="no memory for"):
        loader.load(object_code, NAMES)


def test_functions_that_are_not_there(object_code):
    with pytest.raises(loader.BadObject, match="no function other"):
        loader.load(object_code, ["first", "other"])
    with pytest.raises(loader.BadObject, match="no function polynomial"):
        loader.load(object_code, ["polynomial"])  # internal to the module


@pytest.mark.parametrize("content", [b"", b"\x7fELF", bytes(64), bytes(range(256)) * 4])
def test_what_is_no_object(content):
    with pytest.raises(loader.BadObject):
        loader.load(content, [])


def test_other_processors_and_formats(object_code):
    for place, value in ((4, 1), (5, 2), (16, 3), (18, 183)):
        changed = bytearray(object_code)
        changed[place] = value
        with pytest.raises(loader.BadObject, match="not an ELF object"):
            loader.load(bytes(changed), NAMES)


def test_functions_of_other_libraries():
    with pytest.raises(loader.BadObject, match="getpid is defined elsewhere"):
        loader._library_function("getpid")


def test_cut_off_anywhere(object_code):
    for size in range(len(object_code)):
        with pytest.raises(loader.BadObject):
            loader.load(object_code[:size], NAMES)


def outcomes(objects):
    """How many load and how many are refused; anything else is raised."""
    loaded = refused = 0
    for changed in objects:
        try:
            loader.load(bytes(changed), NAMES)
            loaded += 1
        except loader.BadObject:
            refused += 1
    return loaded, refused


def test_each_byte_changed(object_code):
    def changed():
        for place in range(len(object_code)):
            for value in (0x00, 0x01, 0x7F, 0xFF):
                copy = bytearray(object_code)
                copy[place] = value
                yield copy

    loaded, refused = outcomes(changed())
    assert loaded > 100  # bytes of code and padding: those only a checksum can know
    assert refused > 100


def test_random_damage(object_code):
    numbers = random.Random(0)
    wide = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]

    def changed():
        for _ in range(3000):
            copy = bytearray(object_code)
            for _ in range(numbers.randint(1, 4)):
                place = numbers.randrange(0, len(copy) - 8) // 8 * 8
                struct.pack_into("<Q", copy, place, numbers.choice(wide) ^ numbers.getrandbits(4))
            yield copy

    assert sum(outcomes(changed())) == 3000
