import time
from itertools import count

import numpy as np
import pytest

from chainrule.widgets import UserError, Widget, accept, wire
from chainrule.widgets.session import Session


class Box(Widget):
    module = "box"
    accepts = {"side": accept.number(0, 10), "name": accept.text(5)}  # noqa: RUF012
    shared = ("side",)

    def __init__(self):
        super().__init__(side=1.0, area=1.0, name="", running=False)

    def changed(self, changes):
        self.set(area=self.state["side"] ** 2)

    def do_grow(self, by=1.0):
        self.set(side=self.state["side"] + by)

    def tick(self, budget):
        self.do_grow()


class Wire:
    """Keeps what a session sends."""

    def __init__(self):
        self.packets = []

    def send(self, kind, content=b""):
        self.packets.append((kind, content))

    def headers(self):
        found = [wire.unpack(content)[0] for kind, content in self.packets if kind == b"F"]
        self.packets.clear()
        return found


@pytest.fixture
def sent():
    return Wire()


@pytest.fixture
def session(sent):
    session = Session(sent, lambda page: Box())
    session.handle(b"C", b"")
    session.handle(b"M", wire.pack({"kind": "open", "page": "box", "link": None}))
    return session


def message(session, **header):
    session.handle(b"M", wire.pack(header))
    session.go_on()


def test_a_page_changes_only_what_it_may():
    box = Box()
    box.take({"side": 3, "area": 99.0, "other": 1})
    assert (box.state["side"], box.state["area"]) == (3.0, 9.0)
    assert "other" not in box.state
    with pytest.raises(UserError):
        box.take({"name": "too long"})


def test_links_hold_what_is_shared_and_nothing_else_is_taken_from_them():
    box = Box()
    box.restore({"side": 4, "name": "x", "area": -1})
    assert box.link_state() == {"side": 4.0}
    assert (box.state["area"], box.state["name"]) == (16.0, "")


def test_the_first_frame_is_the_whole_state_and_the_next_what_changed(session, sent):
    (first,) = sent.headers()
    assert first["kind"] == "open"
    assert first["state"] == {"side": 1.0, "area": 1.0, "name": "", "running": False}
    message(session, kind="seen")
    message(session, kind="ask", message={"do": "grow", "by": 2.0})
    (second,) = sent.headers()
    assert second == {"kind": "state", "state": {"side": 3.0}, "heard": 0}


def test_frames_wait_for_the_page_and_then_hold_the_newest(session, sent):
    sent.headers()
    for _ in range(5):
        message(session, kind="ask", message={"do": "grow"})
    assert [header["state"]["side"] for header in sent.headers()] == [2.0]  # two are on their way
    message(session, kind="seen")
    assert [header["state"]["side"] for header in sent.headers()] == [6.0]


def test_ticks_come_while_it_runs_and_somebody_looks(session):
    box = session.widgets["box"]
    box.running = True
    session.go_on()
    assert box.state["side"] == 2.0
    session.go_on()  # too early for another
    assert box.state["side"] == 2.0
    session.next_tick = 0.0
    session.handle(b"D", b"")
    session.go_on()
    assert box.state["side"] == 2.0


def test_ticks_are_shorter_and_fewer_where_the_share_of_the_cores_is_small(session, monkeypatch):
    clock = iter(count(0.0, 0.01))  # each round costs 10 ms of processor time
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    session.widgets["box"].running = True

    def rounds():
        for _ in range(30):
            session.next_tick = 0.0
            session.go_on()
        return session.next_tick - time.monotonic(), session.budget

    session.before = -0.01
    assert rounds() == (pytest.approx(1 / 40, abs=0.01), 0.012)
    session.handle(b"S", b"0.2")
    assert rounds() == (pytest.approx(0.05, abs=0.015), pytest.approx(0.01))
    session.handle(b"S", b"0.01")
    assert rounds() == (pytest.approx(1 / 12, abs=0.015), 0.002)


def test_a_message_that_makes_no_sense_is_an_error_on_the_page(session, sent):
    sent.headers()
    for bad in ({"kind": "set"}, {"kind": "set", "changes": 1}, {}, {"kind": "ask"}):
        message(session, **bad)
    message(session, kind="ask", message={"do": "grow", "by": "x"})
    message(session, kind="ask", message={"do": "__init__"})
    assert [header["kind"] for header in sent.headers()] == ["error"] * 6


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (accept.number(0, 1), [(0.5, 0.5), (7, 1.0)], [True, "1", None, float("nan"), [1]]),
        (accept.whole(1, 5), [(2.6, 3), (99, 5)], ["2", False]),
        (accept.flag, [(True, True)], [1, "yes", None]),
        (accept.choice("a", "b"), [("a", "a")], ["c", 1, None, ["a"]]),
        (accept.text(3), [("abc", "abc")], ["abcd", 1]),
        (accept.points(2), [([[1, 2]], [[1.0, 2.0]])], [[[1]], 1, [[1, "x"]], [[1, 2]] * 3]),
    ],
)
def test_checks_give_the_value_or_say_what_is_needed(check, good, bad):
    for value, expected in good:
        assert check(value) == expected
    for value in bad:
        with pytest.raises(UserError):
            check(value)


def test_arrays_in_a_state_are_sent_as_buffers(session, sent):
    sent.headers()
    message(session, kind="seen")
    session.widgets["box"].set(curve=[np.arange(3.0)])
    session.go_on()
    (header,) = sent.headers()
    assert header["state"]["curve"][0]["shape"] == [3]
