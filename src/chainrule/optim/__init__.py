"""Optimisers: update rules written once, with PyTorch's classes and JAX's triples over them."""

from . import functional, lr_scheduler, rules, schedules
from .classes import SGD, Adagrad, Adam, AdamW, Lion, RMSprop
from .clipping import clip_by_global_norm, clip_by_value, clip_grad_norm_, clip_grad_value_
from .lbfgs import LBFGS
from .optimizer import Optimizer

__all__ = [
    "LBFGS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Lion",
    "Optimizer",
    "RMSprop",
    "clip_by_global_norm",
    "clip_by_value",
    "clip_grad_norm_",
    "clip_grad_value_",
    "functional",
    "lr_scheduler",
    "rules",
    "schedules",
]
