"""What the page says of how each kind of method was tuned."""

from studies import declared, made_up, with_tuning

from narrows.report.tried import tried

REST = (
    "All else is as the study’s file says. Not every encoder has the same form and code size: PCA "
    "is one linear map and each of the k independent networks has one hidden layer."
)


def lines(evaluation):
    return tried(evaluation["runs"], declared(evaluation))


def test_each_kind_of_method_has_a_line():
    assert lines(with_tuning(made_up())) == [
        "Networks that are trained by steps (finetune, scratch) each tried the same 2 choices "
        "(optimizer.lr=0.002; optimizer.lr=0.0005) for each label budget, with seeds 0 and 1. The "
        "one with the best mean on the validation part is compared here, with all seeds.",
        "Exact heads on a pretrained encoder’s codes (frozen) chose among 13 penalties for each "
        "label budget and each seed, by cross-validation inside the labelled training examples.",
        "Baselines of scikit-learn chose among 2 options for each label budget and each seed, on "
        "the validation part. A choice for each seed favours them: for networks trained by steps "
        "one choice serves all seeds.",
        REST,
    ]


def test_of_one_seed_two_are_not_told():
    assert "with seed 0. The one" in lines(with_tuning(made_up(seeds=1)))[0]


def test_a_study_that_tunes_nothing_has_baselines_and_heads_that_choose():
    evaluation = with_tuning(made_up())
    for run in evaluation["runs"]:
        run.pop("validation", None)
    heads, fitted, kept, rest = lines(evaluation)
    assert heads.startswith("Exact heads")
    assert fitted.endswith("for networks trained by steps nothing is chosen on that part.")
    assert kept == (
        "Nothing was tuned for reconstruction, fine-tuned; scratch; denoising, fine-tuned; "
        "k independent networks."
    )
    assert rest == REST


def test_where_nothing_at_all_was_tuned():
    evaluation = made_up()
    kept = ("scratch", "denoising")
    evaluation["runs"] = [run for run in evaluation["runs"] if run["strategy"] in kept]
    for run in evaluation["runs"]:
        run["penalties"] = 0
    assert lines(evaluation) == [
        "Nothing was tuned for any method.",
        "All else is as the study’s file says.",
    ]
