"""Docstrings are plain text, to be read with `help()`; this makes pages of them.

The marks they use: `name` or ``name`` for code; an indented or fenced block, which is shown as it
stands (formulas, tables); `>>>` for an example; NumPy's section headings. Everything else is
text, so that |x|, x*y and x_ in a formula need no backslashes.
"""

import re
from itertools import takewhile

from sphinx.ext.napoleon import Config, NumpyDocstring

SECTIONS = Config(napoleon_custom_sections=[("Attributes", "params_style")])
CODE = re.compile(r"``.+?``|`[^`]+`|:[a-z:]+:`[^`]+`")
MARKS = re.compile(r"([*|\\]|_(?=\W|$))")
LIST_ITEM = re.compile(r"(?:[-*]|\d+\.)\s")


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
    section = False
    for block in blocks(lines):
        heading = len(block) > 1 and re.fullmatch("-{3,}", block[1])
        section = heading or (section and block[0].startswith(" "))
        if not section:
            result.append("")  # the second empty line, which ends a section
        result += [*show(block, section), ""]
    return result


def blocks(lines):
    """Paragraphs, lists, examples and fenced blocks, without the empty lines between them."""
    block = []
    for line in lines:
        if block and is_fence(block[0]):
            block.append(line)
            if is_fence(line):
                yield block
                block = []
        elif line.strip() and block and not starts_block(line, block[0]):
            block.append(line)
        else:
            if block:
                yield block
            block = [line] if line.strip() else []
    if block:
        yield block


def starts_block(line, first):
    """Whether a line begins something else than the block that began with `first`."""
    if is_example(first):
        return False
    is_item = LIST_ITEM.match(line) and not LIST_ITEM.match(first)
    return is_fence(line) or is_example(line) or bool(is_item)


def is_fence(line):
    return line.lstrip().startswith("```")


def is_example(line):
    return line.lstrip().startswith(">>>")


def show(block, section):
    """One block as reStructuredText."""
    if is_fence(block[0]):
        return ["::", "", *[f"    {line}" for line in block[1:-1]]]
    if is_example(block[0]):
        return block
    if section or LIST_ITEM.match(block[0]):
        return [escape_item(line) for line in block]
    text = list(takewhile(lambda line: not line.startswith("  "), block))
    literal = block[len(text) :]
    shown = [escape_line(line) for line in text]
    return [*shown, "", "::", "", *literal] if literal else shown


def escape_item(line):
    mark = LIST_ITEM.match(line)
    end = mark.end() if mark else 0
    return line[:end] + escape_line(line[end:])


def process(app, what, name, obj, options, lines):
    lines[:] = str(NumpyDocstring(to_rst(lines), SECTIONS)).splitlines()


def setup(app):
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
