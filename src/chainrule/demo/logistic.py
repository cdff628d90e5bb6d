"""Logistic regression: two clouds of points, and the straight line that parts them best.

The model gives a probability: a straight function of the point, squeezed into (0, 1) by the
sigmoid. The loss is the cross entropy, written so that it never overflows. Its minimum has no
formula, but scikit-learn finds it by another method (L-BFGS), and the two must agree.
"""

import numpy as np

from chainrule import data, random, value_and_grad

from .checks import Outcome, Track, near, quietly

TITLE = "Logistic regression"
STAGES = 1


def logit(theta, x):
    """The logarithm of the odds of class 1."""
    return x @ theta["w"] + theta["b"]


def probability(theta, x):
    """The probability of class 1."""
    return 1 / (1 + np.exp(-logit(theta, x)))


def cross_entropy(theta, model, x, y):
    """-log of the probability that the model gives to the true class, on average."""
    z = model(theta, x)
    return np.mean(np.logaddexp(0, z) - y * z)


def descend(theta, model, x, y, rate, turns):
    """Gradient descent on the cross entropy, every loss kept."""
    dloss = value_and_grad(cross_entropy)
    losses = []
    for _ in turns:
        value, gradient = dloss(theta, model, x, y)
        theta = {name: theta[name] - rate * gradient[name] for name in theta}
        losses.append(value)
    return theta, np.array(losses)


def accuracy(theta, model, x, y):
    """The share of points on the right side."""
    return np.mean((model(theta, x) > 0) == (y == 1))


def by_scikit_learn(x, y):
    """The same minimum, by LogisticRegression without penalty."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y)
    return {"w": fitted.coef_[0], "b": fitted.intercept_[0]}


def run(track: Track = quietly, steps: int = 3000) -> Outcome:
    """Descend, and compare with scikit-learn."""
    x, y = data.two_clouds(random.key(2), n=200)
    start = {"w": np.zeros(2), "b": 0.0}
    theta, losses = descend(start, logit, x, y, 1.0, track(range(steps), "two clouds"))
    reference = by_scikit_learn(x, y)
    right = accuracy(theta, logit, x, y)
    checks = [
        near("w1, by scikit-learn", theta["w"][0], reference["w"][0], 1e-3),
        near("w2, by scikit-learn", theta["w"][1], reference["w"][1], 1e-3),
        near("b, by scikit-learn", theta["b"], reference["b"], 1e-3),
        near("loss, by scikit-learn", losses[-1], cross_entropy(reference, logit, x, y), 1e-6),
        near("accuracy, by scikit-learn", right, accuracy(reference, logit, x, y), 0),
    ]
    found = {"x": x, "y": y, "theta": theta, "reference": reference, "losses": losses}
    return Outcome(found | {"accuracy": right}, checks)
