"""RNN, GRU and LSTM: a scan over time."""

from __future__ import annotations

from typing import Any

OPERATORS: dict[str, Any] = {}
