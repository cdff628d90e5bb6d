"""Molecules: does a substance degrade readily? 41 descriptors, 20 tanh neurons, one answer.

The data are split into training, validation and test parts in which both classes keep their shares;
the scaling is computed from the training part alone. The validation part shows how plain training,
an L2 penalty and dropout over-fit; 5-fold cross-validation on the rows outside the test part
decides between them. Then the test accuracy is measured for ten seeds, each with a split and
initial weights of its own. Where the molecules cannot be had, breast cancer data (30 descriptors)
stand in.
"""

import numpy as np

from chainrule import data, nn, optim, random
from chainrule.train import fit, kfold, metrics, standardize, train_test_split

from .checks import Outcome, Track, at_least, near, quietly

TITLE = "Molecules"
STAGES = 3
ACCURACY = {"QSAR biodegradation": 0.84, "breast cancer": 0.95}
SETTINGS = {
    "plain": {"l2": 0.0, "dropout": 0.0},
    "L2": {"l2": 0.002, "dropout": 0.0},
    "dropout": {"l2": 0.0, "dropout": 0.3},
}


def make_network(features, dropout, key):
    """features-20-1 with tanh; the answer is a logit."""
    first, middle, last = random.split(key, 3)
    return nn.Sequential(
        nn.Linear(features, 20, key=first),
        nn.Tanh(),
        nn.Dropout(dropout, key=middle),
        nn.Linear(20, 1, key=last),
    )


def split(y, key):
    """Row numbers: 60 % for training, 20 % for validation, 20 % for the test; stratified."""
    first, second = random.split(key)
    rest, test = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, key=first)
    training, validation = train_test_split(rest, test_size=0.25, stratify=y[rest], key=second)
    return training, validation, test


def train_network(table, training, validation, setting, key, epochs):
    """A network trained on some rows, its history, and its logit for every row."""
    for_weights, for_batches = random.split(key)
    x = standardize(table.x[training])(table.x)
    y = table.y.reshape(-1, 1)
    net = make_network(x.shape[1], setting["dropout"], for_weights)
    history = fit(
        net,
        nn.BCEWithLogitsLoss(),
        optim.Adam(net.parameters(), lr=0.005),
        (x[training], y[training]),
        validation=(x[validation], y[validation]),
        epochs=epochs,
        batch_size=32,
        l2=setting["l2"],
        key=for_batches,
        progress=False,
    )
    return net, history, net(x).numpy()[:, 0]


def accuracy(y, logit):
    """The share of right answers."""
    return metrics.accuracy(y, logit, threshold=0)


def run(
    track: Track = quietly, epochs: int = 30, seeds: int = 10, download: bool = True
) -> Outcome:
    """Compare, choose, cross-validate, test."""
    from sklearn.metrics import roc_auc_score

    table = data.load_molecules(download)
    y = table.y
    training, validation, test = split(y, random.key(0))

    key = random.key(1)
    compared = {}
    for name in track(SETTINGS, "plain, L2, dropout"):
        compared[name] = train_network(table, training, validation, SETTINGS[name], key, epochs)

    known = np.concatenate([training, validation])
    folds = {name: [] for name in SETTINGS}
    for name in track(SETTINGS, "5-fold cross-validation"):
        for rest, held_out in kfold(len(known), 5, stratify=y[known], key=random.key(2)):
            rows = known[rest], known[held_out]
            _, _, logit = train_network(table, *rows, SETTINGS[name], random.key(3), epochs)
            folds[name].append(accuracy(y[rows[1]], logit[rows[1]]))
    chosen = max(folds, key=lambda name: np.mean(folds[name]))

    tests = []
    for seed in track(range(seeds), f"{seeds} seeds"):
        for_split, for_training = random.split(random.key(100 + seed))
        fitted, checked, kept = split(y, for_split)
        setting = SETTINGS[chosen]
        _, _, logit = train_network(table, fitted, checked, setting, for_training, epochs)
        tests.append(accuracy(y[kept], logit[kept]))

    net, _, logit = compared[chosen]
    truth, answer = y[test], logit[test]
    area = metrics.roc_auc(truth, answer)
    needed = ACCURACY[table.name]
    checks = [
        at_least(f"test accuracy, {seeds} seeds' median", np.median(tests), needed),
        at_least("5-fold cross-validation, mean", np.mean(folds[chosen]), needed),
        near("area under ROC, scikit-learn", area, roc_auc_score(truth, answer), 1e-9),
    ]
    found = {
        "table": table,
        "training": training,
        "compared": compared,
        "chosen": chosen,
        "folds": folds,
        "tests": tests,
        "net": net,
        "needed": needed,
        "confusion": metrics.confusion_matrix(truth, answer, threshold=0),
        "roc": metrics.roc_curve(truth, answer)[:2],
        "area": area,
        "accuracy": accuracy(truth, answer),
    }
    return Outcome(found, checks, table.note)
