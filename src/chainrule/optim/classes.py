"""The optimisers by PyTorch's names; their formulas and sources stand in ``rules``."""

from __future__ import annotations

from typing import Any

from . import rules
from .optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum; formula: ``rules.sgd``.

    >>> import chainrule as cr
    >>> w = cr.tensor(1.0)
    >>> optimizer = SGD([w], lr=0.1, momentum=0.9)
    >>> for _ in range(100):
    ...     optimizer.zero_grad()
    ...     ((w - 3.0) ** 2).backward()
    ...     optimizer.step()
    >>> round(float(w), 1)
    3.0
    """

    rule = staticmethod(rules.sgd)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
            },
        )


class Adagrad(Optimizer):
    """A learning rate for each element that shrinks with its gradients; formula: ``rules.adagrad``.

    >>> import chainrule as cr
    >>> Adagrad([cr.tensor([1.0, 2.0])], lr=0.5)
    Adagrad(lr=0.5, lr_decay=0.0, weight_decay=0.0, ...)  # 2 parameters
    """

    rule = staticmethod(rules.adagrad)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
            },
        )


class RMSprop(Optimizer):
    """The gradient over the root of its recent mean square; formula: ``rules.rmsprop``.

    >>> import chainrule as cr
    >>> RMSprop([cr.tensor(1.0)], alpha=0.9).param_groups[0]["alpha"]
    0.9
    """

    rule = staticmethod(rules.rmsprop)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
            },
        )


class Adam(Optimizer):
    """Adaptive moments; formula: ``rules.adam``. Weight decay joins the gradient (see AdamW).

    >>> import chainrule as cr
    >>> w = cr.tensor(1.0)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(float(w), 6)
    0.9
    """

    rule = staticmethod(rules.adam)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay}
        )


class AdamW(Adam):
    """Adam with weight decay apart from the gradient; formula: ``rules.adamw``.

    >>> import chainrule as cr
    >>> AdamW([cr.tensor(1.0)]).param_groups[0]["weight_decay"]
    0.01
    """

    rule = staticmethod(rules.adamw)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)


class Lion(Optimizer):
    """A step of one size in every element, by the sign of a mix; formula: ``rules.lion``.

    >>> import chainrule as cr
    >>> w = cr.tensor([1.0, -5.0])
    >>> optimizer = Lion([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -4.9])
    """

    rule = staticmethod(rules.lion)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "weight_decay": weight_decay})
