"""Lesson 11: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    array,
    equals,
    number,
    require,
    shape,
    show,
    unpack,
)


def split(order):
    part = len(order) // 5
    return order[2 * part :], order[part : 2 * part], order[:part]


def check_split(split):
    order = np.array([7, 2, 9, 0, 4, 1, 8, 3, 6, 5, 10])
    parts = unpack(split(order), "training, validation, test")
    yield "Of 11 rows: 7 to train on, 2 to validate, 2 for the test."
    sizes = tuple(map(len, parts))
    require(sizes == (7, 2, 2), f"The parts have {sizes} rows, not (7, 2, 2).")
    yield "No row is in two parts, and none is left out."
    every = np.concatenate(parts)
    twice = sorted({int(i) for i in every if np.sum(every == i) > 1})
    require(not twice, f"These rows are in more than one part: {twice}.")
    require(sorted(every) == sorted(order), "Some rows are in no part, or are not of the table.")
    yield "They follow the random order, not the table's."
    other = split(order[::-1].copy())
    same = all(np.array_equal(np.sort(a), np.sort(b)) for a, b in zip(parts, other, strict=True))
    require(not same, "With another order the parts are the same. Rows are order[...], not ranges.")
    yield "Also of 1,055."
    sizes = tuple(map(len, split(np.arange(1055))))
    require(sizes == (633, 211, 211), f"The parts have {sizes} rows, not (633, 211, 211).")


def standardize(training, other):
    scale = training.std(axis=0)
    return (other - training.mean(axis=0)) / np.where(scale > 0, scale, 1)


def check_standardize(standardize):
    training = np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 50.0]])
    yield "The training rows themselves get mean 0 and standard deviation 1, column by column."
    found = standardize(training, training)
    shape(found, (3, 2), "the result")
    equals(found.mean(axis=0), np.zeros(2), "their mean")
    equals(found.std(axis=0), np.ones(2), "their standard deviation")
    yield "What a row becomes does not depend on the rows beside it."
    one = standardize(training, np.array([[4.0, 0.0]]))
    two = standardize(training, np.array([[4.0, 0.0], [100.0, 7.0]]))
    message = (
        f"(4, 0) becomes {show(one[0])}, but beside another row {show(two[0])}: that is a leak."
    )
    require(np.allclose(one[0], two[0]), message)
    yield "A column that never varies is no trouble."
    with np.errstate(all="ignore"):
        flat = standardize(np.ones((3, 1)), np.array([[1.0], [4.0]]))
    require(np.all(np.isfinite(flat)), f"A column of ones, applied to 1 and 4, gives {show(flat)}.")
    equals(flat, np.array([[0.0], [3.0]]), "a column of ones, applied to 1 and 4,")
    yield "For any rows."
    agrees(
        standardize,
        lambda a, b: (b - a.mean(0)) / np.where(a.std(0) > 0, a.std(0), 1),
        training=array("n", 2),
        other=array("m", 2),
    )


def dropout(x, keep, rate):
    return x * keep / (1 - rate)


def check_dropout(dropout):
    x = np.array([1.0, 2.0, 3.0, 4.0])
    keep = np.array([True, False, True, False])
    yield "What is dropped is 0."
    equals(dropout(x, keep, 0.5)[~keep], np.zeros(2), "what is dropped")
    yield "Nothing dropped at rate 0: x itself."
    equals(dropout(x, np.ones(4, bool), 0.0), x, "x at rate 0")
    yield "On average over all draws nothing changes."
    rng = np.random.default_rng(0)
    for rate in (0.2, 0.5, 0.75):
        draws = rng.random((4000, 4)) >= rate
        mean = np.mean([dropout(x, each, rate) for each in draws], axis=0)
        close = np.allclose(mean, x, rtol=0.15)
        require(close, f"At rate {rate} the mean of 4,000 draws of {show(x)} is {show(mean)}.")
    yield "For any arrays."
    agrees(
        lambda x, rate: dropout(x, x > 0, rate),
        lambda x, rate: np.where(x > 0, x / (1 - rate), 0),
        x=array("n"),
        rate=number(0, 0.9),
    )


def batch_norm(x, scale, shift, eps):
    mean, variance = x.mean(axis=0), x.var(axis=0)
    return (x - mean) / np.sqrt(variance + eps) * scale + shift


def check_batch_norm(batch_norm):
    x = np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 80.0]])
    one, zero = np.ones(2), np.zeros(2)
    yield "Each column gets mean 0 and standard deviation 1."
    found = batch_norm(x, one, zero, 0.0)
    shape(found, (3, 2), "the result")
    equals(found.mean(axis=0), zero, "the mean of the columns")
    equals(found.std(axis=0), one, "their standard deviation")
    yield "Then the scale and the shift that were asked for."
    found = batch_norm(x, np.array([2.0, 3.0]), np.array([5.0, -1.0]), 0.0)
    equals(found.mean(axis=0), np.array([5.0, -1.0]), "the mean, for shift (5, −1),")
    equals(found.std(axis=0), np.array([2.0, 3.0]), "the standard deviation, for scale (2, 3),")
    yield "A constant column is no trouble, thanks to eps."
    with np.errstate(all="ignore"):
        flat = batch_norm(np.full((3, 2), 4.0), one, zero, 1e-5)
    require(np.allclose(flat, 0), f"A constant column gives {show(flat)}, not 0.")
    yield "eps is added to the variance, under the root."
    agrees(
        batch_norm,
        lambda x, a, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e) * a + b,
        x=array("n", 2),
        scale=array(2),
        shift=array(2),
        eps=number(0.1, 1),
    )


def folds(n, k):
    parts = np.array_split(np.arange(n), k)
    return [(np.setdiff1d(np.arange(n), part), part) for part in parts]


def check_folds(folds):
    found = folds(10, 5)
    yield "A list of k pairs."
    pairs = isinstance(found, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in found
    )
    require(pairs, "It must be a list of pairs (training, validation).")
    require(len(found) == 5, f"For k = 5 there are {len(found)} pairs.")
    for n, k in ((10, 5), (11, 3), (7, 7)):
        found = folds(n, k)
        yield f"n = {n}, k = {k}: each row is validated exactly once."
        every = np.concatenate([validation for _, validation in found])
        counts = np.bincount(every.astype(int), minlength=n)
        message = f"How often rows 0, 1, ... are validated: {counts.tolist()}."
        require(len(counts) == n and np.all(counts == 1), message)
        yield f"n = {n}, k = {k}: nothing is validated that was trained on."
        for training, validation in found:
            both = sorted(set(map(int, training)) & set(map(int, validation)))
            require(not both, f"Rows {both} are in both parts of a pair.")
            total = len(training) + len(validation)
            require(total == n, f"A pair has {total} rows together, not {n}.")
        yield f"n = {n}, k = {k}: parts of nearly equal size."
        sizes = [len(validation) for _, validation in found]
        require(max(sizes) - min(sizes) <= 1, f"The parts have the sizes {sizes}.")


EXERCISES = (
    Exercise(
        "split",
        check_split,
        hints=(
            "`part = len(order) // 5`, and then slices of `order`.",
            "The test is `order[:part]`, the validation `order[part : 2 * part]`.",
        ),
        mistakes=(
            Mistake("order[2 * part :]", "order[:-2 * part]", "in more than one part"),
            Mistake("order[2 * part :]", "order[part:]", "(9, 2, 2)"),
            Mistake("// 5", "// 3", "not (7, 2, 2)"),
            Mistake(
                "order[2 * part :], order[part : 2 * part], order[:part]",
                "order[:part], order[part : 2 * part], order[2 * part :]",
                "The parts have (2, 2, 7) rows",
            ),
            Mistake(
                "    part =", "    order = np.sort(order)\n    part =", "the parts are the same"
            ),
        ),
    ),
    Exercise(
        "standardize",
        check_standardize,
        hints=(
            "`training.mean(axis=0)` has one mean for each column.",
            "`np.where(scale > 0, scale, 1)` leaves scales alone and makes 1 of 0.",
        ),
        mistakes=(
            Mistake("training.mean", "other.mean", "that is a leak"),
            Mistake("np.where(scale > 0, scale, 1)", "scale", "A column of ones"),
            Mistake("axis=0", "axis=None", "The training rows themselves"),
            Mistake("training.std(axis=0)", "training.var(axis=0)", "their standard deviation"),
        ),
    ),
    Exercise(
        "dropout",
        check_dropout,
        hints=(
            "True counts as 1 and False as 0: `x * keep`.",
            "Kept with probability 1 − rate: of many draws the sum is (1 − rate) times too small.",
        ),
        mistakes=(
            Mistake(" / (1 - rate)", "", "At rate 0.2 the mean of 4,000 draws"),
            Mistake("(1 - rate)", "rate", "It stops with"),
            Mistake("x * keep / (1 - rate)", "x * ~keep / (1 - rate)", "What is dropped is 0"),
            Mistake("/ (1 - rate)", "* (1 - rate)", "At rate 0.2 the mean of 4,000 draws"),
        ),
    ),
    Exercise(
        "batch_norm",
        check_batch_norm,
        hints=(
            "`x.mean(axis=0)` and `x.var(axis=0)` have one number for each column.",
            "`(x - mean) / np.sqrt(variance + eps)`, then scale and shift.",
        ),
        mistakes=(
            Mistake("axis=0", "axis=1", "It stops with"),
            Mistake("np.sqrt(variance + eps)", "(variance + eps)", "their standard deviation"),
            Mistake("np.sqrt(variance + eps)", "(np.sqrt(variance) + eps)", "under the root"),
            Mistake(" * scale + shift", "", "the scale and the shift"),
            Mistake("* scale + shift", "+ shift * scale", "the mean, for shift"),
        ),
    ),
    Exercise(
        "folds",
        check_folds,
        hints=(
            "`parts = np.array_split(np.arange(n), k)`: k arrays, nearly equal.",
            "The rest: `np.setdiff1d(np.arange(n), part)`.",
        ),
        mistakes=(
            Mistake("np.setdiff1d(np.arange(n), part)", "np.arange(n)", "in both parts of a pair"),
            Mistake("for part in parts]", "for part in parts[1:]]", "there are 4 pairs"),
            Mistake(
                "np.array_split(np.arange(n), k)",
                "[np.arange(n // k) + i * (n // k) for i in range(k)]",
                "How often rows 0, 1, ... are validated",
            ),
            Mistake("(np.setdiff1d(np.arange(n), part), part)", "part", "a list of pairs"),
        ),
    ),
)
