"""`narrows show`: what is not there is told with the command that makes it."""

import pytest

from narrows.cli import main


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("digit", "there is no study digit; did you mean 'digits'? narrows study digits runs it"),
        ("digits", "study digits was not run here yet; run it: narrows study digits"),
        ("mulan", "study mulan_emotions was not run here yet; run it: narrows study mulan"),
        ("mulan_yeats", "did you mean 'mulan_yeast'? narrows study mulan_yeast runs it"),
        ("qqqqqq", "there is no study qqqqqq; known: corel5k, digits"),
    ],
)
def test_a_study_without_results_is_told_in_one_line(workdir, capsys, name, told):
    assert main(["show", name]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_the_near_study_is_shown_where_it_was_run(workdir, capsys):
    (workdir / "reports/digits").mkdir(parents=True)
    (workdir / "reports/digits/results.json").write_text("{}")
    assert main(["show", "digit"]) == 2
    assert "did you mean 'digits'? narrows show digits shows it" in capsys.readouterr().err
