import threading
import time

import pytest

from chainrule.lab import Lab
from tests.lab import trouble
from tests.lab.client import Client

LEARNERS = 8


@pytest.fixture(scope="module")
def lab():
    with Lab(make=trouble.make).start() as lab:
        yield lab


def test_all_learners_see_it_move_and_about_the_same(lab):
    clients = [Client(lab.url) for _ in range(LEARNERS)]
    for client in clients:
        client.open("trouble")
    assert len({client.state["process"] for client in clients}) == LEARNERS
    counts = [0] * LEARNERS
    stop = time.monotonic() + 4

    def watch(i):
        while time.monotonic() < stop:
            counts[i] += clients[i].next()["kind"] == "state"

    for client in clients:
        client.set(running=True)
    threads = [threading.Thread(target=watch, args=(i,)) for i in range(LEARNERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    assert min(counts) > 8
    assert min(counts) > max(counts) / 4


def test_each_is_told_its_share_of_the_cores(lab):
    learners = list(lab.learners.known.values())
    cores = lab.learners.cores
    for learner in learners:
        learner.frames = 100
    lab.learners._divide()
    assert {learner.share for learner in learners} == {min(1.0, 0.7 * cores / LEARNERS)}
    lab.learners._divide()  # nobody moved since
    assert {learner.share for learner in learners} == {min(1.0, 0.7 * cores)}
