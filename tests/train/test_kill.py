"""kill -9 at random moments: a run that is resumed each time ends in the bits of an unkilled one.

``CHAINRULE_KILLS`` says how often it is killed in all (`make kill-test`: 50).
"""

import contextlib
import csv
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from chainrule.train import Checkpoints

KILLS = int(os.environ.get("CHAINRULE_KILLS", "5"))
MOST_IN_A_RUN = 5
RUN = Path(__file__).with_name("killed_run.py")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def train(folder, delay=None):
    """Run until the end, or kill so long after the training began.

    Returns the step at which it began, and whether it was killed.
    """
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "error", str(RUN), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    with process:
        start = int(process.stdout.readline().split()[-1])
        if delay is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(delay)
            process.kill()
    assert process.returncode in ((0,) if delay is None else (0, -9)), "the run failed by itself"
    return start, process.returncode != 0


def log(folder):
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def times(folder):
    """Seconds by steps, of a run that was not killed."""
    return {int(row["step"]): float(row["seconds"]) for row in log(folder)}


def outcome(folder):
    """The final numbers as they are in the file, and the log without its seconds."""
    rows = [[v for k, v in row.items() if k != "seconds"] for row in log(folder)]
    return (folder / "result").read_bytes(), rows


def test_killed_at_random_moments_the_run_ends_in_the_same_bits(tmp_path, capsys):
    train(tmp_path / "straight")
    expected = outcome(tmp_path / "straight")
    seconds = times(tmp_path / "straight")
    draw = random.Random(time.time_ns())
    starts, kills, runs = [], 0, 0
    while kills < KILLS:
        runs += 1
        folder = tmp_path / str(runs)
        most = min(kills + MOST_IN_A_RUN, KILLS)
        was_killed, rest, before = True, max(seconds.values()), kills
        while was_killed:
            delay = draw.uniform(0, rest) if kills < most else None
            start, was_killed = train(folder, delay)
            kills += was_killed
            starts.append(start)
            past = [at for step, at in seconds.items() if step <= start]
            rest = max(seconds.values()) - max(past, default=0.0)
        assert outcome(folder) == expected
        if kills == before:  # all moments were too late: the machine is quicker now
            seconds = times(folder)
        assert len(Checkpoints(folder).files) <= 4
        left = {path.name.split(".")[1] for path in folder.glob(".*.part")}
        assert left <= {"result"}, "what a killed fit left half written is cleared away"
    with capsys.disabled():
        went_on = sorted(start for start in starts if start)
        whole = max(seconds.values())
        print(f"\n{kills} kills in {runs} runs of {whole:.2f} s; gone on after steps {went_on}")
