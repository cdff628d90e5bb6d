"""Every lesson runs with its solutions in, and every check rejects what learners get wrong."""

import importlib.util
import sys

import pytest

from chainrule.lessons import entries, exercises
from chainrule.lessons.exercise import Verdict, judge
from chainrule.lessons.shelf import definition, with_answers

pytest.importorskip("marimo", reason="lessons need marimo: pip install 'chainrule[lessons]'")

LESSONS = [entry.name for entry in entries()]
EXERCISES = [(lesson, name) for lesson in LESSONS for name in exercises(lesson)]
MISTAKES = [
    (lesson, name, index)
    for lesson, name in EXERCISES
    for index in range(len(exercises(lesson)[name].mistakes))
]


def answer_of(source, name, lesson, folder):
    """What a learner's text defines, in the midst of the other solutions of its lesson."""
    path = entries()[0].path.parent / "solutions" / f"{lesson}.py"
    whole = with_answers(path.read_text(encoding="utf-8"), {name: source})
    file = folder / "answer.py"
    file.write_text(whole, encoding="utf-8")
    return load(file)[name]


def load(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return vars(module)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_a_lesson_runs_with_its_solutions_and_all_its_checks_pass(entry, tmp_path):
    solutions = {name: each.solution for name, each in exercises(entry.name).items()}
    file = tmp_path / f"{entry.name}.py"
    source = entry.path.read_text(encoding="utf-8")
    file.write_text(with_answers(source, solutions), encoding="utf-8")
    outputs, _ = load(file)["app"].run()
    verdicts = [each for each in outputs if isinstance(each, Verdict)]
    assert [verdict.exercise.name for verdict in verdicts] == list(solutions)
    assert all(verdict.passed for verdict in verdicts), "\n".join(map(str, verdicts))
    prose = [each.text for each in outputs if hasattr(each, "text")]
    assert not [text for text in prose if "$" in text], "a formula that was not set"


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_a_lesson_runs_as_it_is_handed_out_and_waits_for_every_answer(entry):
    outputs, _ = load(entry.path)["app"].run()
    verdicts = [each for each in outputs if isinstance(each, Verdict)]
    assert verdicts and all(verdict.is_open for verdict in verdicts)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_at_least_four_exercises_with_hints(lesson):
    found = exercises(lesson).values()
    assert len(found) >= 4
    assert all(each.hints and len(each.mistakes) >= 3 for each in found)


@pytest.mark.parametrize(("lesson", "name", "index"), MISTAKES)
def test_a_typical_mistake_is_rejected_with_what_is_wrong(lesson, name, index, tmp_path):
    exercise = exercises(lesson)[name]
    mistake = exercise.mistakes[index]
    wrong = mistake.apply(exercise.solution)
    verdict = judge(exercise, answer_of(wrong, name, lesson, tmp_path))
    assert not verdict.passed, f"accepted:\n{wrong}"
    assert mistake.says in str(verdict), f"{wrong}\n{verdict}"
    assert exercise.name in verdict._repr_html_()


def test_definitions_of_functions_classes_and_values_are_found():
    source = "a = [\n  1]\nclass B:\n    x = 2\n\ndef c():\n    return 3\n"
    assert definition(source, "a") == "a = [\n  1]"
    assert definition(source, "B") == "class B:\n    x = 2"
    assert definition(source, "c") == "def c():\n    return 3"
