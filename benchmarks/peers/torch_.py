"""PyTorch, eager: ``backward`` and an optimiser of ``torch.optim``."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from ..workloads import Arrays, Work, make_loss, parameters_of


class Ops:
    relu, tanh = torch.relu, torch.tanh
    mse, bce, xent = F.mse_loss, F.binary_cross_entropy_with_logits, F.cross_entropy

    @staticmethod
    def dense(x: Any, w: Any, b: Any) -> Any:
        return torch.addmm(b, x, w)


def eager(work: Work, arrays: Arrays) -> Any:
    if work.threads is not None:
        torch.set_num_threads(work.threads)
    loss_of = make_loss(work, Ops)
    x, y = torch.tensor(arrays["x"]), torch.tensor(arrays["y"])
    if work.loss == "xent":
        y = y.long()
    order = torch.tensor(arrays["order"]).long() if work.batch else None

    def run() -> Any:
        start = parameters_of(arrays)
        theta = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
        optimizer = _optimizer(work, list(theta.values()))
        losses = []
        for i in range(work.updates):
            batch = (x, y) if order is None else (x[order[i]], y[order[i]])
            loss = loss_of(theta, *batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).numpy()

    return run


def _optimizer(work: Work, parameters: Any) -> Any:
    if work.optimizer == "gd":
        return torch.optim.SGD(parameters, lr=work.rate, fused=True)
    make = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[work.optimizer]
    return make(parameters, lr=work.rate, fused=True)
