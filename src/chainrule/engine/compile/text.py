"""Text of main: instructions, loops, and what one thread does while the others wait."""

from __future__ import annotations


Place = tuple[str, int]  # a pointer's name, and bytes behind it

BARRIER = """\
define internal void @barrier(ptr %sync, ptr %yield) noinline nounwind {
entry:
  %turn.at = getelementptr i8, ptr %sync, i64 64
  %turn = load atomic i32, ptr %turn.at monotonic, align 4
  %before = atomicrmw add ptr %sync, i32 1 acq_rel
  %last = icmp eq i32 %before, THREADS
  br i1 %last, label %open, label %wait
open:
  store atomic i32 0, ptr %sync monotonic, align 4
  %next = add i32 %turn, 1
  store atomic i32 %next, ptr %turn.at release, align 4
  ret void
wait:
  %spins = phi i32 [ 0, %entry ], [ %more, %again ]
  %now = load atomic i32, ptr %turn.at acquire, align 4
  %moved = icmp ne i32 %now, %turn
  br i1 %moved, label %done, label %again.test
again.test:
  %more = add i32 %spins, 1
  %long = icmp ugt i32 %spins, 20000
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
    """Lines of functions, for a number of threads that all run them."""

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

    def meet(self) -> None:
        """Wait until all threads have come here."""
        if self._only_one:
            self._only_one = False
            self.line(f"br label %{self._one_mark}.end")
            self.start(f"{self._one_mark}.end")
        if self._done:
            self.line("call void @barrier(ptr %sync, ptr %yield)")
            self._done = set()

    def part(self, count: int, grain: int) -> tuple[str, str]:
        """Where this thread's part of ``count`` things begins and ends, in multiples of a grain."""
        share = -(-(-(-count // grain)) // self.threads) * grain
        start = self.write(f"mul i64 %thread, {share}")
        stop = self.write(f"add i64 {start}, {share}")
        short = self.write(f"icmp ult i64 {stop}, {count}")
        return start, self.write(f"select i1 {short}, i64 {stop}, i64 {count}")

    def begin_function(self, name: str) -> None:
        """A function that Python calls: ``begin`` and ``end`` count the turns of its loop."""
        self.lines += [f"define void @{name}(ptr %args, i64 %begin, i64 %end, i64 %thread) #0 {{", "entry:"]
        self._label = "entry"

    def end_function(self) -> None:
        """Its end. (Python waits for all threads.)"""
        if self._only_one:
            self._only_one = False
            self.line(f"br label %{self._one_mark}.end")
            self.start(f"{self._one_mark}.end")
        self._done = set()
        self.lines += ["  ret void", "}"]


def barrier(threads: int) -> str:
    """The function at which threads wait for each other."""
    return BARRIER.replace("THREADS", str(threads - 1))


