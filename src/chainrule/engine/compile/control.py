"""Control flow in main: programs inside a program, for scan, cond and while_loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import ir, work
from .ir import Storage
from .plan import Region
from .text import Place

if TYPE_CHECKING:
    from .main import Main

Places = dict[Storage, Place]


def write(
    main: Main, step: ir.Control, inner: list[Region], places: Places, block: Place, top: bool
) -> None:
    """The step's control flow; at the ``top``, a long scan is a function of its own."""
    params = step.node.params
    if "branches" in params:
        _branches(main, step, inner, places, block)
    elif "test" in params:
        _while_loop(main, step, inner, places, block)
    else:
        _scan(main, step, inner[0], places, block, top and work.is_long(step))


def _branches(
    main: Main, step: ir.Control, inner: list[Region], places: Places, block: Place
) -> None:
    """One of several programs, by number."""
    main.meet()
    mark = main.mark("b")
    chosen = main.write(f"load i64, ptr {main.pointer(places[step.reads[0]])}")
    cases = " ".join([f"i64 {i}, label %{mark}.{i}" for i in range(1, len(inner))])
    main.line(f"switch i64 {chosen}, label %{mark}.0 [ {cases} ]")
    outputs = [places[storage] for storage in step.writes]
    for number, region in enumerate(inner):
        main.start(f"{mark}.{number}")
        main.read_by_all()
        given = _inputs(region, places, [places[s] for s in step.reads[1:]])
        main.region(region, given, outputs, block)
        main.meet()
        main.line(f"br label %{mark}.end")
    main.start(f"{mark}.end")


def _while_loop(
    main: Main, step: ir.Control, inner: list[Region], places: Places, block: Place
) -> None:
    """A program again and again while another one says so."""
    mark = main.mark("w")
    test, body = inner
    first, second = step.node.params["constants"]
    carry = [places[storage] for storage in step.writes]
    for storage, place in zip(step.reads[first + second :], carry, strict=True):
        main.copy(places[storage], place, storage.nbytes)
    fixed = [places[storage] for storage in step.reads]
    base, offset = block
    flag = (base, offset + test.size + body.size)
    main.meet()
    main.line(f"br label %{mark}.test")
    main.start(f"{mark}.test")
    given = _inputs(test, places, [*fixed[:first], *carry])
    main.region(test, given, [flag], block)
    main.meet()
    goes_on = main.write(f"load i8, ptr {main.pointer(flag)}")
    more = main.write(f"icmp ne i8 {goes_on}, 0")
    main.line(f"br i1 {more}, label %{mark}.body, label %{mark}.end")
    main.start(f"{mark}.body")
    main.read_by_all()
    given = _inputs(body, places, [*fixed[first : first + second], *carry])
    main.region(body, given, carry, (base, offset + test.size))
    main.meet()
    main.line(f"br label %{mark}.test")
    main.start(f"{mark}.end")
    main.read_by_all()


def _scan(
    main: Main, step: ir.Control, body: Region, places: Places, block: Place, own: bool
) -> None:
    """A program once for each row of xs."""
    params = step.node.params
    constants, carries, length = params["constants"], params["carries"], params["length"]
    carry = [places[storage] for storage in step.writes[:carries]]
    for storage, place in zip(step.reads[constants:], carry, strict=False):
        main.copy(places[storage], place, storage.nbytes)
    if not length:
        return
    if own:
        main.next_segment(0)
    turn = main.begin_loop("%begin", "%end") if own else main.begin_loop("0", str(length))
    number = main.write(f"sub i64 {length - 1}, {turn}") if params["reverse"] else turn
    rows = [
        main.row(places[storage], storage.nbytes // length, number)
        for storage in (*step.reads[constants + carries :], *step.writes[carries:])
    ]
    split = len(step.reads) - constants - carries
    rows, stacked = rows[:split], rows[split:]
    if params["history"]:
        kept = stacked[len(stacked) - carries :]
        for place, row, storage in zip(carry, kept, step.writes, strict=False):
            main.copy(place, row, storage.nbytes)
    fixed = [places[storage] for storage in step.reads[:constants]]
    given = _inputs(body, places, [*fixed, *carry, *rows])
    main.region(body, given, [*carry, *stacked], block)
    main.end_loop()
    if own:
        main.next_segment(length)


def _inputs(region: Region, outer: Places, inputs: Sequence[Place]) -> Places:
    """Where an inner program finds its inputs; constants lie where the outer program has them."""
    places = {storage: outer[storage] for storage in region.program.constants}
    return places | dict(zip(region.program.inputs, inputs, strict=True))
