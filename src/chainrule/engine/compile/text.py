"""Text of main: instructions, loops, and what one thread does while the others wait."""

from __future__ import annotations

Place = tuple[str, int]  # a pointer's name, and bytes behind it

# Threads count up to their number; the last one opens the next turn for all. Those that wait look a
# little, then let others run: a waiting thread may be in the way of the one it waits for.
BARRIER = """\
define internal void @barrier(ptr %sync, ptr %yield, i64 %threads) noinline nounwind {
entry:
  %alone = icmp ult i64 %threads, 2
  br i1 %alone, label %done, label %meet
meet:
  %turn.at = getelementptr i8, ptr %sync, i64 64
  %turn = load atomic i64, ptr %turn.at monotonic, align 8
  %before = atomicrmw add ptr %sync, i64 1 acq_rel
  %count = add i64 %before, 1
  %last = icmp eq i64 %count, %threads
  br i1 %last, label %open, label %wait
open:
  store atomic i64 0, ptr %sync monotonic, align 8
  %next = add i64 %turn, 1
  store atomic i64 %next, ptr %turn.at release, align 8
  ret void
wait:
  %looks = phi i64 [ 0, %meet ], [ %more, %again ]
  %now = load atomic i64, ptr %turn.at acquire, align 8
  %moved = icmp ne i64 %now, %turn
  br i1 %moved, label %done, label %look
look:
  %more = add i64 %looks, 1
  %long = icmp ugt i64 %looks, 3000
  br i1 %long, label %rest, label %again
rest:
  %ignored = call i32 %yield()
  br label %again
again:
  br label %wait
done:
  ret void
}"""


class Text:
    """Lines of functions, which up to so many ``threads`` run together."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.lines: list[str] = []
        self._count = 0
        self._label = "entry"
        self._loops: list[tuple[str, str, int]] = []
        self._done: set[str] = set()  # since the last barrier: by "one" thread, by "all"
        self._only_one = False

    # -- instructions --------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """A line."""
        self.lines.append(f"  {text}")

    def mark(self, letter: str) -> str:
        """A new label."""
        self._count += 1
        return f"{letter}{self._count}"

    def write(self, text: str) -> str:
        """An instruction; the name of its result."""
        name = f"%{self.mark('m')}"
        self.line(f"{name} = {text}")
        return name

    def start(self, label: str) -> None:
        """A new block."""
        self.lines.append(f"{label}:")
        self._label = label

    def pointer(self, place: Place) -> str:
        """A place as a pointer."""
        base, offset = place
        return self.write(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base

    def load_address(self, number: int) -> str:
        """One of the addresses in the table that the functions are given."""
        at = self.write(f"getelementptr ptr, ptr %args, i64 {number}")
        return self.write(f"load ptr, ptr {at}")

    # -- loops ---------------------------------------------------------------------------------

    def begin_loop(self, first: str, last: str) -> str:
        """``for i in range(first, last)`` of at least one turn; the name of i."""
        self.meet()
        mark = self.mark("s")
        before = self._label
        self.line(f"br label %{mark}")
        self.start(mark)
        self._loops.append((mark, last, len(self.lines)))
        self.lines.append(f"  %{mark}.i = phi i64 [ {first}, %{before} ], [ %{mark}.next, %END ]")
        return f"%{mark}.i"

    def end_loop(self) -> None:
        """The loop's end."""
        self.meet()
        mark, last, place = self._loops.pop()
        self.lines[place] = self.lines[place].replace("%END", f"%{self._label}")
        self.line(f"%{mark}.next = add i64 %{mark}.i, 1")
        more = self.write(f"icmp ult i64 %{mark}.next, {last}")
        self.line(f"br i1 {more}, label %{mark}, label %{mark}.end")
        self.start(f"{mark}.end")

    # -- threads -------------------------------------------------------------------------------

    def by_one(self) -> None:
        """What follows is done by one thread, after all have done what stands before."""
        if self.threads == 1 or self._only_one:
            return
        if "all" in self._done:
            self.meet()
        self._done.add("one")
        mark = self.mark("one")
        first = self.write("icmp eq i64 %thread, 0")
        self.line(f"br i1 {first}, label %{mark}, label %{mark}.end")
        self.start(mark)
        self._only_one, self._one_mark = True, mark

    def by_all(self) -> None:
        """What follows is done by all threads, each its part."""
        if self.threads > 1:
            if self._done:
                self.meet()
            self._done.add("all")

    def read_by_all(self) -> None:
        """All threads read something here: no step may write before each of them has done so."""
        if self.threads > 1:
            self._done.add("all")

    def meet(self) -> None:
        """Wait until all threads have come here."""
        if self._only_one:
            self._only_one = False
            self.line(f"br label %{self._one_mark}.end")
            self.start(f"{self._one_mark}.end")
        if self._done:
            self.line("call void @barrier(ptr %sync, ptr %yield, i64 %threads)")
            self._done = set()

    def part(self, count: int, grain: int) -> tuple[str, str]:
        """Where this thread's part of ``count`` things begins and ends, in multiples of a grain."""
        more = self.write(f"add i64 %threads, {-(-count // grain) - 1}")
        grains = self.write(f"udiv i64 {more}, %threads")
        share = self.write(f"mul i64 {grains}, {grain}")
        start = self.write(f"mul i64 %thread, {share}")
        stop = self.write(f"add i64 {start}, {share}")
        short = self.write(f"icmp ult i64 {stop}, {count}")
        return start, self.write(f"select i1 {short}, i64 {stop}, i64 {count}")

    def begin_function(self, name: str) -> None:
        """A function that Python calls: ``begin`` and ``end`` count the turns of its loop."""
        arguments = "ptr %args, i64 %begin, i64 %end, i64 %thread, i64 %threads"
        self.lines += [f"define void @{name}({arguments}) #0 {{", "entry:"]
        self._label = "entry"

    def end_function(self) -> None:
        """Its end. (Python waits for all threads.)"""
        if self._only_one:
            self._only_one = False
            self.line(f"br label %{self._one_mark}.end")
            self.start(f"{self._one_mark}.end")
        self._done = set()
        self.lines += ["  ret void", "}"]
