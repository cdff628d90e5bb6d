"""Images in other sizes."""

from __future__ import annotations

from typing import Any

OPERATORS: dict[str, Any] = {}
