"""Loops and branches as ONNX subgraphs, which see the values around them."""

from __future__ import annotations

from .elementwise import Row

CONTROL: dict[str, Row] = {}
