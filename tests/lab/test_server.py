import time

import pytest

from chainrule.lab import Lab
from chainrule.lab.learners import Limits
from tests.lab import trouble
from tests.lab.client import Client, Refused


@pytest.fixture(scope="module")
def troubled():
    limits = Limits(learners=3, patience=1.5, idle=1.0)
    with Lab(make=trouble.make, limits=limits).start() as lab:
        yield lab.url


@pytest.fixture
def client(troubled):
    with Client(troubled) as client:
        client.open("trouble")
        yield client


def test_a_change_comes_back_with_what_follows_from_it(client):
    client.set(value=21)
    header = client.until("state", twice=42)
    assert header["heard"] == 1


def test_what_a_page_may_not_change_stays(client):
    client.set(secret=1, value=2)
    client.until("state", twice=4)
    assert "secret" not in client.state


def test_words_for_the_learner_and_bugs_are_told_and_the_session_goes_on(client):
    client.set(value=-1)
    assert client.until("error") == {
        "kind": "error",
        "text": "Minus one is not liked here.",
        "expected": True,
    }
    client.ask(do="raise")
    assert client.until("error")["text"] == "KeyError: 'a bug'"
    client.ask(do="no such thing")
    assert "nothing called 'no such thing'" in client.until("error")["text"]
    client.send({"kind": "nonsense"})
    assert "not known" in client.until("error")["text"]
    client.set(value=4)
    client.until("state", twice=8)


def test_frames_come_while_it_runs_and_only_as_fast_as_the_page_sees_them(client):
    client.set(running=True)
    client.until("state", frames=10)
    time.sleep(0.5)  # nothing is acknowledged: frames must not queue up
    first, second = [client.next() for _ in range(3)][::2]  # two were on their way
    assert second["state"]["frames"] - first["state"]["frames"] > 5


def test_a_frame_that_fails_stops_the_run(client):
    client.ask(do="tick_badly")
    assert client.until("error")["text"] == "RuntimeError: a bad frame"
    client.until("state", running=False)


def test_a_reload_returns_to_the_session(troubled):
    with Client(troubled) as first:
        first.open("trouble")
        first.set(value=5)
        first.until("state", twice=10)
    with Client(troubled, first.key) as again:
        state = again.open("trouble")["state"]
    assert (state["twice"], state["process"]) == (10, first.state["process"])


def test_another_tab_takes_over(troubled, client):
    with Client(troubled, client.key) as other:
        assert client.until("taken")
        assert other.open("trouble")["state"]["process"] == client.state["process"]


def test_a_link_describes_the_state_and_restores_it(troubled, client):
    client.set(value=6)
    client.send({"kind": "link"})
    link = client.until("link")["link"]
    assert link == {"value": 6}
    with Client(troubled) as other:
        assert other.open("trouble", link)["state"]["twice"] == 12


@pytest.mark.parametrize("trouble", ["hang", "crash"])
def test_who_hangs_or_crashes_starts_again_as_it_was_and_others_do_not_notice(troubled, trouble):
    with Client(troubled) as one, Client(troubled) as other:
        before = one.open("trouble")["state"]["process"]
        other.open("trouble")
        one.set(value=8)
        one.until("state", twice=16)
        time.sleep(1.2)  # once a second the server is told what is to be kept
        start = time.monotonic()
        one.ask(do=trouble)
        other.set(value=1)
        other.until("state", twice=2)
        assert time.monotonic() - start < 1
        restarted = one.until("restarted")
        assert restarted["links"] == {"trouble": {"value": 8}}
        state = one.open("trouble", restarted["links"]["trouble"])["state"]
        assert state["twice"] == 16
        assert state["process"] != before


def test_a_state_that_breaks_twice_is_left(troubled, client):
    client.ask(do="crash")
    assert not client.until("restarted")["fresh"]
    client.open("trouble")
    client.ask(do="crash")
    restarted = client.until("restarted")
    assert restarted["fresh"] and restarted["links"] == {}


def test_sessions_are_limited_and_idle_ones_end():
    limits = Limits(learners=2, idle=0.2)
    with Lab(make=trouble.make, limits=limits).start() as lab:
        with Client(lab.url) as one, Client(lab.url) as other:
            with pytest.raises(Refused):
                Client(lab.url)
            other.open("trouble")
            one.open("trouble")
            one.set(value=3)
            time.sleep(1.2)
        time.sleep(1.5)
        assert all(each.writer is None for each in lab.learners.known.values())
        with Client(lab.url, one.key) as again:
            assert again.welcome["links"] == {"trouble": {"value": 3}}


def test_memory_is_limited():
    limits = Limits(memory=1 << 30)
    with Lab(make=trouble.make, limits=limits).start() as lab, Client(lab.url) as client:
        client.open("trouble")
        client.ask(do="hoard")
        assert "MemoryError" in client.until("error")["text"]
