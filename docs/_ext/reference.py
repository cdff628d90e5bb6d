"""Writes the API reference and the whole library on one page, from the public names themselves."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

from docstrings import escape_line

import chainrule

# How it works inside, and what is run rather than imported.
PRIVATE = {f"chainrule.{name}" for name in ("engine", "hints", "cli", "demo", "__main__")}


def public_modules():
    """The package itself first, then its public modules and theirs, by name."""
    yield chainrule
    yield from below(chainrule)


def below(package):
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if info.name in PRIVATE or info.name.rpartition(".")[2].startswith("_"):
            continue
        module = importlib.import_module(info.name)
        if is_public(module, package):
            yield module
            if info.ispkg:
                yield from below(module)


def is_public(module, package):
    """Whether a module is a page: the package names it, or does not show all that it has."""
    if package is chainrule:
        return True
    if hasattr(package, "__all__"):
        name = module.__name__.rpartition(".")[2]  # a function may be called like its file
        return name in package.__all__ and getattr(package, name) is module
    shown = vars(package)
    return any(shown.get(name) is not value for name, value in public_names(module).items())


def public_names(module):
    """Public names with their values: `__all__`, or else what was written in this package."""
    if hasattr(module, "__all__"):
        return {name: getattr(module, name) for name in module.__all__}
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and is_ours(value) and not isinstance(value, ModuleType)
    }


def is_ours(value):
    return (getattr(value, "__module__", None) or "").startswith("chainrule")


def reference_page(module, shown):
    """One module: its docstring, then every public name with its docstring.

    A class is described where it is met first (`shown`: class to its name there).
    """
    name = module.__name__
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
    elsewhere, values = [], []
    for label, value in public_names(module).items():
        if isinstance(value, ModuleType):
            continue
        if not is_ours(value):
            values.append(f"``{label}``")
        elif not inspect.isclass(value):
            kind = "autofunction::" if inspect.isroutine(value) else "py:data::"
            lines += [f".. {kind} {name}.{label}", ""]
        elif value in shown:
            elsewhere.append(f":py:obj:`{label} <{shown[value]}>`")
        else:
            shown[value] = f"{name}.{label}"
            lines += [f".. autoclass:: {name}.{label}", "   :members:"]
            lines += [f"   :exclude-members: {', '.join(added_to(value))}", ""]
    if elsewhere:
        lines += ["Also under this name: " + ", ".join(elsewhere) + ".", ""]
    if values:
        lines += ["Plain values, and names that are NumPy's own: " + ", ".join(values) + ".", ""]
    return "\n".join(lines)


def added_to(kind):
    """Methods that scikit-learn puts into a class of ours, with links into its own pages."""
    return [name for name, value in vars(kind).items() if "sklearn" in type(value).__module__]


def one_page(modules):
    """Every public name with its signature and its first line."""
    lines = ["The whole library on one page", "=============================", ""]
    for module in modules:
        name = module.__name__
        lines += [name, "-" * len(name), "", escape_line(first_line(module)), ""]
        for label, value in public_names(module).items():
            if isinstance(value, ModuleType) or not is_ours(value):
                continue
            link = f":py:obj:`{label}{signature(value)} <{name}.{label}>`"
            lines.append(f"- {link}: {escape_line(first_line(value))}")
        lines.append("")
    return "\n".join(lines)


def first_line(value):
    return (inspect.getdoc(value) or "").partition("\n")[0]


def signature(value):
    """Names of the arguments only."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return ""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return f"({', '.join(stars.get(item.kind, '') + item.name for item in parameters)})"


def write(app):
    folder = Path(app.srcdir) / "generated"
    folder.mkdir(exist_ok=True)
    modules = list(public_modules())
    shown = {}
    pages = {f"{module.__name__}.rst": reference_page(module, shown) for module in modules}
    pages["library.rst"] = one_page(modules)
    for old in folder.glob("*.rst"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app):
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
