"""What a Module is called by the Module that uses it."""

from __future__ import annotations

from typing import Any


def name_under(caller: Any, called: Any) -> str:
    """``hidden: Linear``, or the class alone where no Module calls it.

    >>> from chainrule import nn
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    >>> name_under(net, net[1]), name_under(None, net)
    ('1: Tanh', 'Sequential')
    """
    kind = type(called).__name__
    for name, module in caller._modules.items() if caller is not None else ():
        if module is called:
            return f"{name}: {kind}"
        for inner, part in module._modules.items():
            if part is called:  # of a ModuleList, which is not called itself
                return f"{name}.{inner}: {kind}"
    return kind
