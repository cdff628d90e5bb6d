"""A line: find the w and b for which y = w x + b fits 50 noisy points best.

The loss is the mean of the squared errors. From deliberately bad parameters, each step of gradient
descent goes a little way against the gradient, downhill in the bowl that the loss is. For a line
the lowest point is known by a formula, so we can see whether the descent finds it.
"""

import numpy as np

from chainrule import data, grad, random, value_and_grad

from .checks import Check, Outcome, Track, at_most, near, quietly

TITLE = "A line"
STAGES = 2
BAD = {"w": -1.0, "b": 4.0}


def line(theta, x):
    """One input, one output."""
    return theta["w"] * x + theta["b"]


def plane(theta, x):
    """D inputs, K outputs: the same in matrices, (N, D) @ (D, K) + (K,)."""
    return x @ theta["W"] + theta["b"]


def loss(theta, model, x, y):
    """Mean squared error of a model, which is just a function."""
    return np.mean((model(theta, x) - y) ** 2)


def descend(theta, model, x, y, rate, turns):
    """Gradient descent, every loss and every theta kept."""
    dloss = value_and_grad(loss)
    losses, path = [], [theta]
    for _ in turns:
        value, gradient = dloss(theta, model, x, y)
        theta = {name: theta[name] - rate * gradient[name] for name in theta}
        losses.append(value)
        path.append(theta)
    return theta, np.array(losses), path


def least_squares(x, y):
    """The best weights by the closed formula: a column of ones makes the last row the intercept."""
    ones = np.ones((len(x), 1))
    solution, *_ = np.linalg.lstsq(np.hstack([x, ones]), y, rcond=None)
    return solution[:-1], solution[-1]


def run(track: Track = quietly, steps: int = 3000) -> Outcome:
    """One line by hand-set parameters, by descent and by formula; then the same in matrices."""
    x, y = data.noisy_line(random.key(10), n=50, slope=2.5, intercept=1.0)
    theta, losses, path = descend(BAD, line, x, y, 0.02, track(range(steps), "one line"))
    (best_w,), best_b = least_squares(x[:, None], y)
    best = {"w": best_w, "b": best_b}

    for_inputs, for_noise = random.split(random.key(1))
    inputs = random.normal(for_inputs, (200, 5))
    true_w = np.arange(15.0).reshape(5, 3) / 5 - 1.4
    targets = inputs @ true_w + np.array([1.0, 0.0, -1.0])
    targets = targets + 0.3 * random.normal(for_noise, targets.shape)
    start = {"W": np.zeros((5, 3)), "b": np.zeros(3)}
    turns = track(range(steps), "5 inputs, 3 outputs")
    matrices, matrix_losses, _ = descend(start, plane, inputs, targets, 0.05, turns)
    best_matrix, best_bias = least_squares(inputs, targets)

    error = np.max(np.abs(matrices["W"] - best_matrix))
    bias_error = np.max(np.abs(matrices["b"] - best_bias))
    slope = grad(loss)(BAD, line, x, y)["w"]
    by_hand = np.mean(2 * (line(BAD, x) - y) * x)
    rises = np.sum(np.diff(losses) > 1e-12)
    checks = [
        near("w, by closed form", theta["w"], best_w, 1e-6),
        near("b, by closed form", theta["b"], best_b, 1e-6),
        near("loss, by closed form", losses[-1], loss(best, line, x, y), 1e-9),
        near("dL/dw at bad w and b, by hand", slope, by_hand, 1e-9),
        Check("losses kept, none rises", str(len(losses)), str(steps), rises == 0),
        at_most("matrices W and b, error", max(error, bias_error), 1e-6),
    ]
    found = {
        "x": x,
        "y": y,
        "theta": theta,
        "best": best,
        "losses": losses,
        "path": path,
        "matrix": matrices["W"],
        "true_matrix": true_w,
        "matrix_losses": matrix_losses,
        "prediction": plane(matrices, inputs),
        "targets": targets,
    }
    return Outcome(found, checks)
