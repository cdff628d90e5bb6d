"""How the documentation is built: `make docs`."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Chainrule"
author = "The Chainrule authors"
copyright = author
version = release = installed_version("chainrule")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "docstrings",
    "lessons",
    "mathml",
    "reference",
]
exclude_patterns = ["_ext"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "none"
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "Chainrule"
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
