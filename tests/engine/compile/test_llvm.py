"""Text to functions in memory: results, errors, the disk cache, threads."""

import ctypes
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import chainrule
from chainrule.engine.compile import cache, llvm, loader, machine

SCALE = """
define void @scale(ptr %a, ptr %b) #0 {
entry:
  %place = alloca <8 x float>
  %x = load <8 x float>, ptr %a, align 4
  store <8 x float> %x, ptr %place
  %y = load <8 x float>, ptr %place
  %z = fmul <8 x float> %y, splat (float FACTOR)
  store <8 x float> %z, ptr %b, align 4
  ret void
}
attributes #0 = { nounwind }
"""


@pytest.fixture(autouse=True)
def private_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("CHAINRULE_CACHE", "1")
    with chainrule.config(cache=True, cpu="host"):
        yield


def scale(factor=2.0):
    return SCALE.replace("FACTOR", f"{factor:e}")


def call(code, name, *arrays):
    kinds = [ctypes.c_void_p] * len(arrays)
    ctypes.CFUNCTYPE(None, *kinds)(code.address(name))(*[x.ctypes.data for x in arrays])


def scaled(code):
    a, b = np.arange(8, dtype=np.float32), np.zeros(8, np.float32)
    call(code, "scale", a, b)
    return b.tolist()


@pytest.mark.parametrize("cpu", ["host", "baseline"])
def test_a_function_runs(cpu):
    with chainrule.config(cpu=cpu):
        code = llvm.compile_text(scale(), ["scale"])
        assert scaled(code) == [0, 2, 4, 6, 8, 10, 12, 14]
        assert ("zmm" in llvm.assembly(scale())) is False
        assert ("ymm" in llvm.assembly(scale())) == (machine.this_machine(cpu).lanes > 4)


def test_variables_become_registers():
    assert "alloca" in scale()
    assert "alloca" not in llvm.optimised(scale())


def test_a_function_that_was_not_exported():
    with pytest.raises(KeyError):
        llvm.compile_text(scale(), ["scale"]).address("other")


def test_text_that_is_no_language(capfd):
    with pytest.raises(llvm.InvalidText, match=r"expected instruction opcode(.|\n)*5   nonsense"):
        llvm.compile_text("\n\ndefine void @f() {\nentry:\n  nonsense\n}\n", ["f"])
    assert capfd.readouterr().err == ""


def test_text_that_is_wrong(capfd):
    text = """define void @f(i1 %c) {
  br i1 %c, label %one, label %two
one:
  %x = add i32 1, 2
  br label %two
two:
  %y = add i32 %x, 1
  ret void
}"""
    with pytest.raises(llvm.InvalidText, match=r"does not dominate(.|\n)*7   %y"):
        llvm.compile_text(text, ["f"])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["llvm.nothing.f32", "nothing_of_this_name"])
def test_functions_that_do_not_exist(name, capfd):
    text = f"declare float @{name}(float)\ndefine float @f(float %x) {{\n"
    text += f"  %y = call float @{name}(float %x)\n  ret float %y\n}}"
    with pytest.raises(llvm.InvalidText, match=f"no function {name}"):
        llvm.compile_text(text, ["f"])
    assert capfd.readouterr().err == ""


def test_what_the_loader_does_not_know_llvm_links():
    text = """
@number = internal global i64 41
define i64 @next() nounwind {
  %old = load i64, ptr @number
  %new = add i64 %old, 1
  store i64 %new, ptr @number
  ret i64 %new
}"""
    with pytest.raises(loader.BadObject):
        loader.load(llvm.object_code(text), ["next"])
    code = llvm.compile_text(text, ["next"])
    following = ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("next"))
    assert (following(), following()) == (42, 43)


def test_llvms_linker_gives_the_same():
    object_code = llvm.object_code(scale())
    assert scaled(llvm._link(object_code, ["scale"])) == scaled(llvm.load(object_code, ["scale"]))


def test_the_second_time_comes_from_disk(monkeypatch):
    first = scaled(llvm.compile_text(scale(3.0), ["scale"]))
    monkeypatch.setattr(llvm, "object_code", None)
    assert scaled(llvm.compile_text(scale(3.0), ["scale"])) == first
    with chainrule.config(cpu="baseline"), pytest.raises(TypeError):
        llvm.compile_text(scale(3.0), ["scale"])  # other code, which nobody made yet
    with chainrule.config(cache=False), pytest.raises(TypeError):
        llvm.compile_text(scale(3.0), ["scale"])


def test_a_damaged_entry_is_made_anew():
    llvm.compile_text(scale(), ["scale"])
    entries = [path for _, _, path in cache.default_cache().entries()]
    for path in entries:
        with open(path, "r+b") as file:
            file.seek(-20, os.SEEK_END)
            file.write(b"damage")
    assert scaled(llvm.compile_text(scale(), ["scale"]))[1] == 2
    for path in entries:
        with open(path, "rb") as file:
            assert b"damage" not in file.read()


@pytest.mark.skipif(not loader.is_supported(), reason="the loader reads Linux x86-64 only")
def test_a_warm_start_imports_no_llvm(tmp_path):
    program = f"""
import sys
from chainrule.engine.compile import llvm
llvm.compile_text({scale()!r}, ["scale"])
print("llvmlite" in sys.modules, "hashlib" in sys.modules)
"""

    def start():
        return subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()

    assert start()[0] == "True"
    assert start() == ["False", "False"]


def test_threads_compile_at_once():
    def work(number):
        code = llvm.compile_text(scale(float(number)), ["scale"])
        return scaled(code)[1]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(40))) == list(range(40))


def test_memory_stays_bounded():
    def pages():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1])

    if sys.platform != "linux":
        pytest.skip("/proc/self/statm")
    object_code = llvm.object_code(scale())
    for _ in range(50):
        llvm.load(object_code, ["scale"])
    before = pages()
    for _ in range(2000):
        llvm.load(object_code, ["scale"])
    assert pages() - before < 200  # 2,000 codes of two pages each would be 4,000


def test_lanes_follow_the_features():
    def lanes(features):
        return machine.Machine("x", features, "x86_64-unknown-linux-gnu").lanes

    assert lanes("+avx,+avx2,+avx512f,+avx512vl,+avx512dq,+avx512bw") == 16
    assert lanes("+avx,+avx2,+avx512f,-avx512vl,+avx512dq,+avx512bw") == 8
    assert lanes("+avx,-avx2") == 8
    assert lanes("-avx,+sse2") == lanes("") == 4
    assert machine.this_machine("baseline").lanes == 4
