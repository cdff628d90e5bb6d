"""The network playground: build a network by clicking, and watch every neuron learn."""

from .widget import Playground

__all__ = ["Playground"]
