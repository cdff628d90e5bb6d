"""Docstrings are plain text, to be read with `help()`; this makes pages of them.

The marks they use: `name` or ``name`` for code; an indented or fenced block, which is shown as it
stands (formulas, tables); `>>>` for an example; NumPy's section headings. Everything else is
text, so that |x|, x*y and x_ in a formula need no backslashes.
"""

import re

from sphinx.ext.napoleon import Config, NumpyDocstring

SECTIONS = Config(napoleon_custom_sections=[("Attributes", "params_style")])
CODE = re.compile(r"``.+?``|`[^`]+`|:[a-z:]+:`[^`]+`")
MARKS = re.compile(r"([*|\\]|_(?=\W|$))")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.)\s")
SECTION_MEMBERS = {"Attributes", "Args", "Arguments", "Parameters", "Raises", "Returns", "Yields"}


def escape_line(line):
    """One line of text: marks outside of code lose their meaning, `code` becomes ``code``."""
    parts, end = [], 0
    for match in CODE.finditer(line):
        parts.append(MARKS.sub(r"\\\1", line[end : match.start()]))
        code = match[0]
        parts.append(code if code.startswith(("``", ":")) else f"`{code}`")
        end = match.end()
    return "".join(parts) + MARKS.sub(r"\\\1", line[end:])


def to_rst(lines):
    """The lines of a docstring as reStructuredText."""
    result = []
    block = None  # "fence", "example", "literal": what the line belongs to
    section = False
    previous = ""
    for line in lines:
        text = line.strip()
        indented = line.startswith("  ")
        if text.startswith("```"):
            block = None if block == "fence" else "fence"
            result += ["", "::", ""] if block else [""]
        elif block == "fence":
            result.append(f"    {line}")
        elif text.startswith(">>>") or (block == "example" and text):
            if block != "example":
                result.append("")
            block = "example"
            result.append(line)
        elif not text:
            block = None if block == "example" else block
            result.append("")
        elif re.fullmatch(r"-{3,}|={3,}", text):
            section = previous in SECTION_MEMBERS
            result.append(line)
        elif indented and not section and not in_list(result):
            if block != "literal":
                result += ["", "::", ""]
            block = "literal"
            result.append(line)
        else:
            if block == "literal":
                block = None
                result.append("")
            result.append(escape_line(line) if not LIST_ITEM.match(line) else escape_item(line))
        previous = text
    return result


def in_list(result):
    """Whether the paragraph above is an item of a list, which the line continues."""
    for line in reversed(result):
        if LIST_ITEM.match(line):
            return True
        if not line.startswith("  ") or not line.strip():
            return False
    return False


def escape_item(line):
    mark = LIST_ITEM.match(line)[0]
    return mark + escape_line(line[len(mark) :])


def process(app, what, name, obj, options, lines):
    lines[:] = str(NumpyDocstring(to_rst(lines), SECTIONS)).splitlines()


def setup(app):
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
