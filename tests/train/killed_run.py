"""A training run in a process of its own, for ``test_kill``: ``killed_run.py FOLDER``.

It goes on from the checkpoints in the folder, says on stdout when the training begins, and in the
end leaves all its numbers in ``result``.
"""

import sys
from pathlib import Path

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.export import save_tensors
from chainrule.train import Callback, Checkpoints, CSVLog, fit, metrics
from chainrule.train.checkpoints.packing import pack

X = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:2] > 0).astype(np.float32)


class Announce(Callback):
    def on_begin(self, run):
        print("begins after", run.step + 1, flush=True)


def main(folder):
    keys = cr.random.split(cr.random.key(1), 3)
    net = nn.Sequential(
        nn.Linear(4, 16, key=keys[0]),
        nn.BatchNorm1d(16),
        nn.Tanh(),
        nn.Dropout(0.2, key=keys[1]),
        nn.Linear(16, 1, key=keys[2]),
    )
    optimizer = optim.AdamW(net.parameters(), lr=0.01)
    history = fit(
        net,
        nn.BCEWithLogitsLoss(),
        optimizer,
        (X, Y),
        epochs=60,
        batch_size=32,
        validation_split=0.2,
        metrics={"accuracy": lambda y, z: metrics.accuracy(y, z, threshold=0.0)},
        early_stopping=45,
        schedule=optim.schedules.cosine(0.02, 480),
        callbacks=[Announce(), CSVLog(folder / "log.csv")],
        checkpoints=Checkpoints(folder, every_seconds=0, every_epochs=1),
        resume=True,
    )
    numbers = {name: value for name, value in vars(history).items() if name != "seconds"}
    memories = {str(n): memory for n, memory in optimizer.state.items()}
    plain, arrays = pack({"history": numbers, "net": net.state_dict(), "optimizer": memories})
    save_tensors(folder / "result", {"state": plain}, arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
