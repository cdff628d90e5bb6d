"""The search for a recipe: it goes on where it stopped, and says what is wrong."""

import numpy as np
import pytest

from chainrule.tabular import tuning
from chainrule.tabular.recipe import Recipe
from chainrule.tabular.study import TuningError
from chainrule.tabular.tuning import Part, search

GIVEN = {"hidden": (8,), "epochs": 10, "batch_size": 32}


def part(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 3)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype(int)
    return Part(x[:60], y[:60], x[60:], y[60:])


def run(trials, journal=None, parts=None, given=GIVEN, **options):
    parts = parts or [part()]
    return search(parts, given, task="binary", trials=trials, journal=journal, **options)


def facts(tuned):
    return [(each.state, each.value, each.changes) for each in tuned.trials]


def test_the_first_trial_is_the_recipe_that_was_given():
    tuned = run(3)
    changes = tuned.trials[0].changes
    usual = Recipe(**GIVEN, weight_decay=tuning.PRIOR / 100)
    assert all(getattr(usual, name) == value for name, value in changes.items())
    assert tuned.value == min(each.value for each in tuned.trials if each.state == "complete")
    assert tuned.value <= tuned.start


def test_what_is_given_stays():
    tuned = run(3, given={**GIVEN, "dropout": 0.3, "activation": "tanh"})
    assert tuned.recipe.hidden == (8,) and tuned.recipe.dropout == 0.3
    assert all("dropout" not in each.changes for each in tuned.trials)


def test_layers_and_width_make_hidden():
    tuned = run(2, given={"epochs": 2})
    assert tuned.trials[0].changes["hidden"] == Recipe().hidden
    assert 1 <= len(tuned.trials[1].changes["hidden"]) <= 3


def test_a_killed_search_goes_on_to_the_same_trials(tmp_path):
    whole = run(7)
    journal = tmp_path / "run" / "tuning.journal"
    run(3, journal)

    class Killed(BaseException):
        pass

    def kill(look):
        if look.trial == 4 and look.share > 0.4:
            raise Killed

    with pytest.raises(Killed):
        run(7, journal, tell=kill)
    with journal.open("ab") as file:  # and the last line was not finished
        file.write(b'{"op_code": 4, "wor')
    assert facts(run(7, journal)) == facts(whole)
    again = run(7, journal)
    assert facts(again) == facts(whole) and again.recipe == whole.recipe


def test_a_search_killed_in_its_first_trial_begins_with_the_start_again(tmp_path):
    def kill(look):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(2, tmp_path / "j", tell=kill)
    assert facts(run(2, tmp_path / "j")) == facts(run(2))


def test_more_trials_can_be_asked_for_later(tmp_path):
    run(2, tmp_path / "j")
    assert len(run(4, tmp_path / "j").trials) == 4


def test_a_journal_of_other_data_is_refused(tmp_path):
    run(1, tmp_path / "j")
    with pytest.raises(TuningError, match="other data or settings"):
        run(1, tmp_path / "j", parts=[part(1)])
    with pytest.raises(TuningError, match="other data or settings"):
        run(1, tmp_path / "j", seed=5)


@pytest.mark.parametrize("content", [b"no journal", b'{"op_code": 77}\n', b"[]\n", b"\xff\n"])
def test_a_file_that_is_no_journal_is_refused_and_kept(tmp_path, content):
    journal = tmp_path / "j"
    journal.write_bytes(content)
    with pytest.raises(TuningError, match="no journal of a search"):
        run(1, journal)
    assert journal.read_bytes() == content


def test_bad_trials_are_pruned_by_their_validation_loss():
    tuned = run(9, given={**GIVEN, "activation": "relu", "batch_norm": False})
    states = [each.state for each in tuned.trials]
    assert "pruned" in states and set(states) == {"pruned", "complete"}
    assert all(each.value is None for each in tuned.trials if each.state == "pruned")


def test_a_metric_can_be_named():
    tuned = run(3, metric="auc")
    assert tuned.metric == "auc" and 0.5 < tuned.value <= 1
    assert tuned.value == max(each.value for each in tuned.trials if each.value is not None)
    low = run(3, metric="log_loss")
    assert low.value == min(each.value for each in low.trials if each.value is not None)
    with pytest.raises(TuningError, match=r"no metric 'acu'.*loss, accuracy"):
        run(1, metric="acu")


def test_folds_are_averaged():
    folds = [part(0), part(1)]
    both = run(1, parts=folds)
    single = [run(1, parts=[each]).value for each in folds]
    assert both.value == pytest.approx(np.mean(single), rel=1e-12)


def test_regression_and_its_metric():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype(np.float32)
    y = (3 * x[:, 0] + 100).astype(np.float32)
    rows = Part(x[:40], y[:40], x[40:], y[40:])
    tuned = search([rows], GIVEN, task="regression", trials=2, metric="rmse")
    assert tuned.value <= tuned.start and tuned.value < 10


def test_time_is_limited_but_one_trial_is_made():
    assert len(run(50, minutes=1e-9).trials) == 1


def test_progress_is_told():
    looks = []
    run(2, tell=looks.append)
    ends = [look for look in looks if look.last]
    assert [look.trial for look in ends] == [0, 1] and all(look.share == 1 for look in ends)
    shares = [look.share for look in looks if look.trial == 0]
    assert shares == sorted(shares) and shares[0] < 0.5


def test_a_trial_whose_loss_is_not_finite_is_passed_over(monkeypatch):
    learn = tuning.learn
    monkeypatch.setattr(tuning, "learn", lambda *a, **k: fail_if_second(learn, a, k))
    calls = []

    def fail_if_second(learn, a, k):
        calls.append(1)
        if len(calls) == 2:
            raise tuning.NonFiniteError("the loss is NaN")
        return learn(*a, **k)

    assert [each.state for each in run(3).trials] == ["complete", "failed", "complete"]
