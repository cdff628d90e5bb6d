"""A verdict as HTML: it folds with nothing but <details>, so it also works in a saved page."""

from __future__ import annotations

import inspect
import re
from html import escape
from typing import TYPE_CHECKING, Any

from .texts import t

if TYPE_CHECKING:
    from .check import Wrong
    from .exercise import Exercise, Verdict

MOST_NODES = 40
STYLE = """<style>
.cr-card{--line:color-mix(in srgb,currentColor 22%,transparent);border:1px solid var(--line);
border-left:5px solid var(--state);border-radius:8px;padding:.7em 1em;line-height:1.5;
max-width:46em;margin:.3em 0}
.cr-card.passed{--state:#009e73}.cr-card.failed{--state:#d55e00}.cr-card.open{--state:#8a8f98}
.cr-card h4{margin:0;font-size:1em;font-weight:600}
.cr-card ul{list-style:none;margin:.4em 0 0;padding:0}.cr-card li{padding-left:1.5em}
.cr-card li::before{content:"✔";color:#009e73;display:inline-block;width:1.5em;margin-left:-1.5em}
.cr-card li.wrong::before{content:"✘";color:#d55e00}
.cr-card p{margin:.4em 0 0 1.5em;white-space:pre-line}
.cr-card details{margin-top:.5em}.cr-card details details{margin-left:0}
.cr-card summary{cursor:pointer;opacity:.8}.cr-card summary:focus-visible{outline:2px solid #56b4e9}
.cr-card pre{margin:.4em 0;padding:.6em .8em;border-radius:6px;overflow-x:auto;
background:color-mix(in srgb,currentColor 7%,transparent);font-size:.9em;line-height:1.45}
.cr-card .cr-graph{margin-top:.4em;overflow-x:auto}
</style>"""


def card(verdict: Verdict) -> str:
    """The card under an exercise: what holds, what does not, and folded hints and solution."""
    state, word = _state(verdict)
    parts = [f"<h4>{t(word)}: <code>{escape(verdict.exercise.name)}</code></h4>"]
    items = [f"<li>{_prose(each)}</li>" for each in verdict.done]
    if verdict.failed:
        items.append(f'<li class="wrong">{_prose(verdict.failed)}</li>')
    if items:
        parts.append(f"<ul>{''.join(items)}</ul>")
    if verdict.message:
        parts.append(f"<p>{_prose(verdict.message)}</p>")
    if verdict.wrong is not None:
        parts.append(_graph(verdict.wrong))
    parts.append(_help(verdict.exercise))
    return f'{STYLE}<div class="cr-card {state}">{"".join(parts)}</div>'


def _state(verdict: Verdict) -> tuple[str, str]:
    if verdict.is_open:
        return "open", "waiting"
    return ("passed", "solved") if verdict.passed else ("failed", "not_solved")


def _help(exercise: Exercise) -> str:
    """Hints one inside the other, so that they are read one at a time; the solution is last."""
    solution = f"<pre><code>{escape(exercise.solution)}</code></pre>"
    html = _folded(t("solution"), solution)
    for hint in reversed(exercise.hints):
        first = hint is exercise.hints[0]
        html = _folded(t("hint" if first else "next_hint"), f"<p>{_prose(hint)}</p>{html}")
    return html


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>{content}</details>"


def _prose(text: str) -> str:
    """Plain text as HTML; `code` between backquotes."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _graph(wrong: Wrong) -> str:
    """The learner's own graph, with the numbers of the smallest case in it, where it reads."""
    picture = _picture(wrong.function, wrong.case)
    if picture is None:
        return ""
    return _folded(t("graph"), f'<div class="cr-graph">{picture}</div>')


def _picture(function: Any, case: dict[str, Any]) -> Any:
    if not inspect.isfunction(function) or not case:
        return None
    from .. import draw, trace

    values = list(case.values())
    try:
        graph = trace(function, *values)
        if 0 < len(graph.nodes) <= MOST_NODES:
            return draw.graph(graph, values=values, names=list(case))
    except Exception:  # what cannot be traced or drawn has no picture; the message says it all
        return None
    return None
