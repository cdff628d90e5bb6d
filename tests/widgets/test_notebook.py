import re
import shutil
import subprocess

import pytest

from chainrule.locale import catalogue
from chainrule.widgets import PAGES, Line, wire
from chainrule.widgets.notebook import bundle
from chainrule.widgets.widget import STATIC

MODULES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))
PICTURES = [page for page in PAGES if (STATIC / f"{page}.js").exists()]
TOP = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


def read(name):
    return (STATIC / name).read_text(encoding="utf-8")


def test_names_at_the_top_of_modules_are_unique():
    owners = {}
    for name in MODULES:
        for found in TOP.findall(read(name)):
            if found != "render":
                owners.setdefault(found, []).append(name)
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_named_ones_of_files_beside(name):
    text = read(name)
    for line in re.findall(r"^import\b[^;]*;", text, re.MULTILINE):
        assert re.fullmatch(r'import \{[\w\s,]+\} from "\./[\w/.]+\.js";', line), line
        assert " as " not in line
    assert "eval(" not in text and "innerHTML" not in text
    assert "http" not in text.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("name", MODULES)
def test_every_text_is_in_the_catalogue(name):
    keys = re.findall(r"""\bt\(\s*["']([\w.]+)["']""", read(name))
    assert [key for key in keys if key not in catalogue("en")] == []


@pytest.mark.parametrize("page", PICTURES)
def test_a_notebook_gets_one_module_that_imports_nothing(page):
    text = bundle(page)
    assert not re.search(r"^import\b", text, re.MULTILINE)
    assert re.findall(r"^export\b.*", text, re.MULTILINE) == ["export default inNotebook(render);"]
    if shutil.which("node"):
        command = ["node", "--input-type=module", "--check", "-"]
        subprocess.run(command, input=text, text=True, check=True, timeout=20)


def test_a_picture_in_a_notebook_answers_and_hears_of_changes_in_other_cells():
    line = Line()
    sent = []
    line.widget.send = lambda content, buffers: sent.append(wire.unpack(buffers[0])[0])

    def receive(**header):
        content = {"data": {"method": "custom", "content": {"kind": "frame"}}}
        line.widget._handle_msg({"content": content, "buffers": [wire.pack(header)]})

    receive(kind="open", page="here", link=None)
    assert sent[-1]["kind"] == "open" and "bowl" in sent[-1]["state"]
    receive(kind="seen")
    receive(kind="set", changes={"w": 1.0}, number=1)
    assert sent[-1]["heard"] == 1 and "loss" in sent[-1]["state"]
    receive(kind="seen")
    line.set(rate=0.3)
    assert sent[-1]["state"]["rate"] == 0.3
