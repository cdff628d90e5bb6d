"""Blocks: where instructions stand, in loops within loops and where a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .value import Value


class Variable:
    """A number or vector that a loop changes; LLVM keeps it in a register."""

    def __init__(self, emit: Any, first: Value) -> None:
        self._emit, self._like = emit, first
        self.kind, self.lanes = first.kind, first.lanes
        self._place = emit.new_name()
        emit.entry.append(f"{self._place} = alloca {first.type}")
        self.set(first)

    def get(self) -> Value:
        """Its present value."""
        emit, like = self._emit, self._like
        name = emit.new_name()
        emit.line(f"{name} = load {like.type}, ptr {self._place}")
        return Value(emit, name, like.kind, like.lanes, emit.depth)

    def set(self, value: Value) -> None:
        """Change it."""
        value = self._emit.splat(value, self._like.lanes)
        self._emit.line(f"store {value.type} {value.text}, ptr {self._place}")


class Blocks:
    """The body of a function under construction.

    Parameters
    ----------
    flags
        Written after each floating-point operation, such as ``contract`` (``fast`` mode).
    """

    def __init__(self, flags: str = "") -> None:
        self._flags = f"{flags} " if flags else ""
        self.masks = False  # whether the processor reads and writes some lanes of a vector cheaply
        self._count = 0
        self._labels = 0
        self.entry: list[str] = []
        self.used: set[str] = set()  # declarations of intrinsics
        self.opposite: dict[str, Value] = {}  # by the name of -x: x
        self._lines: list[Any] = []
        self._open: list[list[Any]] = [[]]  # for each loop level, where instructions are added
        self._sequence: list[list[Any]] = [self._lines]
        self._label = ["entry"]
        self._lines.append(self._open[0])
        self._known: list[dict[str, Value]] = [{}]

    # -- text ----------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """How many loops are open."""
        return len(self._open) - 1

    def text(self) -> str:
        """What was written."""
        lines = [f"  {line}" for line in self.entry]
        _flatten(self._lines, lines)
        return "\n".join(lines)

    def new_name(self) -> str:
        """A name that no instruction has."""
        self._count += 1
        return f"%v{self._count}"

    def line(self, text: str) -> None:
        """An instruction without a result, in the innermost loop."""
        self._open[-1].append(text)

    def write(self, text: str, like: Value, kind: str = "", level: int | None = None) -> Value:
        """An instruction with a result shaped as ``like``; written once in each loop."""
        return self._write(text, kind or like.kind, like.lanes, like.level)

    def _write(self, text: str, kind: str, lanes: int, level: int) -> Value:
        for known in self._known[level::-1]:
            found = known.get(text)
            if found is not None and found.kind == kind:
                return found
            if found is not None:  # the same bits, of another sign
                return Value(self, found.text, kind, lanes, found.level)
        name = self.new_name()
        self._open[level].append(f"{name} = {text}")
        value = self._known[level][text] = Value(self, name, kind, lanes, level)
        return value

    # -- loops ---------------------------------------------------------------------------------

    @contextmanager
    def loop(self, start: Value | int, stop: Value | int, step: int = 1) -> Iterator[Value]:
        """``for i in range(start, stop, step)`` of at least one turn; bounds known before it.

        ``stop - start`` must be a multiple of the step.
        """
        first, last = (
            bound if isinstance(bound, Value) else Value(self, str(bound), "i64", 1, 0)
            for bound in (start, stop)
        )
        if isinstance(start, int) and stop == start + step:
            yield first
            return
        self._labels += 1
        head, done = f"loop{self._labels}", f"done{self._labels}"
        before = self._label[-1]
        name = self.new_name()
        body: list[Any] = []
        inner: list[Any] = []
        body.append(inner)
        self._sequence[-1].append(body)
        self._sequence.append(body)
        self._open.append(inner)
        self._known.append({})
        self._label.append(head)
        yield Value(self, name, "i64", 1, self.depth)
        following = self.new_name()
        more = self.new_name()
        end = self._label.pop()
        body.insert(
            0,
            [
                f"br label %{head}",
                f"{head}:",
                f"{name} = phi i64 [ {first.text}, %{before} ], [ {following}, %{end} ]",
            ],
        )
        self._sequence.pop()
        self._open.pop()
        self._known.pop()
        after: list[Any] = [
            f"{following} = add nuw nsw i64 {name}, {step}",
            f"{more} = icmp ult i64 {following}, {last.text}",
            f"br i1 {more}, label %{head}, label %{done}",
            f"{done}:",
        ]
        fresh: list[Any] = []
        self._sequence[-1] += [after, fresh]
        self._open[-1] = fresh
        self._label[-1] = done

    def variable(self, first: Value) -> Variable:
        """Something that the loops to come change."""
        return Variable(self, first)

    # -- conditions ----------------------------------------------------------------------------

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """What follows only where the condition holds in any lane.

        Instructions stand where their operands are known: inside, begin with a variable's value.
        """
        some = self._any(condition)
        with self._block() as (head, body, done):
            yield
            body.insert(0, [f"br i1 {some.text}, label %{head}, label %{done}", f"{head}:"])
        self._open[-1].insert(0, f"{done}:")
        body.append(f"br label %{done}")

    @contextmanager
    def repeat(self, condition: Callable[[], Value]) -> Iterator[None]:
        """What follows, again as long as the condition, asked after it, holds in any lane."""
        with self._block() as (head, body, done):
            yield
            more = self._any(condition())
            body.insert(0, [f"br label %{head}", f"{head}:"])
        self._open[-1].insert(0, f"{done}:")
        body.append(f"br i1 {more.text}, label %{head}, label %{done}")

    @contextmanager
    def _block(self) -> Iterator[tuple[str, list[Any], str]]:
        """Instructions of their own level; labels of their begin and of what follows."""
        self._labels += 1
        head, done = f"block{self._labels}", f"after{self._labels}"
        inner: list[Any] = []
        body: list[Any] = [inner]
        self._sequence[-1].append(body)
        self._sequence.append(body)
        self._open.append(inner)
        self._known.append({})
        self._label.append(head)
        yield head, body, done
        for stack in (self._sequence, self._open, self._known, self._label):
            stack.pop()
        fresh: list[Any] = []
        self._sequence[-1].append(fresh)
        self._open[-1] = fresh
        self._label[-1] = done

    def _any(self, condition: Value) -> Value:
        if condition.lanes == 1:
            return condition
        mask = f"i{condition.lanes}"
        bits = f"bitcast {condition.type} {condition.text} to {mask}"
        whole = self._write(bits, "ptr", 1, condition.level)
        return self._write(f"icmp ne {mask} {whole.text}, 0", "bool", 1, condition.level)


def _flatten(parts: list[Any], lines: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            lines.append(part if part[-1] == ":" else f"  {part}")
        else:
            _flatten(part, lines)
