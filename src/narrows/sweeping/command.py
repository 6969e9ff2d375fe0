"""The command `narrows sweep`: search, report, and save the best trial as an experiment."""

from dataclasses import dataclass
from pathlib import Path

from narrows import runs
from narrows.errors import UserError
from narrows.launching.choice import is_about_launcher, launcher_node, make_launcher
from narrows.sweeping.declaration import read_declaration
from narrows.sweeping.plan import Plan, check_package, make_plan

# Below it a folder for each sweep, with the storage of its trials.
FOLDER = "sweeps"


@dataclass(frozen=True)
class Options:
    """What is to be done.

    Attributes:
        words: which sweep, and what of it is changed.
        save: name of the experiment to make of a trial; None to search.
        trial: number of that trial; None for the best.
        overwrite: replace an experiment that is there.
    """

    words: list[str]
    save: str | None = None
    trial: int | None = None
    overwrite: bool = False


def sweep(options: Options) -> None:
    """Search, or save what was found.

    Raises:
        UserError: for a mistake in the words, before anything is written; or if trials were cut
            off.
    """
    check_package()
    about_launcher = [word for word in options.words if is_about_launcher(word)]
    launcher_node(about_launcher)
    words = [word for word in options.words if word not in about_launcher]
    declaration = read_declaration(words)
    if options.save is None and options.trial is not None:
        raise UserError("--trial says which trial is saved; name the experiment: --save-best NAME")
    plan = make_plan(declaration)
    if options.save is None:
        _search(plan, words, about_launcher)
    else:
        _save(plan, options.save, options.trial, options.overwrite)


def _search(plan: Plan, words: list[str], about_launcher: list[str]) -> None:
    # Optuna takes a while to import: mistakes are told before that.
    from narrows.sweeping.outputs import REPORTS, log_results, write_results
    from narrows.sweeping.results import read_results
    from narrows.sweeping.search import Search
    from narrows.sweeping.storage import naming, open_storage, open_study, storage_path
    from narrows.sweeping.terminal import show

    declaration, folder = plan.declaration, _folder(plan)
    path = storage_path(declaration, folder)
    with runs.locked(folder), naming(path):
        study = open_study(declaration, plan.study, open_storage(path))
        cut_off = Search(plan, study, path).run(lambda: make_launcher(about_launcher))
        results = read_results(declaration, study)
    report = REPORTS / declaration.name
    files = write_results(report, results, words)
    show(results, report)
    log_results(plan, results, files, report)
    if cut_off:
        raise UserError(
            f"{len(cut_off)} of {declaration.trials} trials were cut off; {_reasons(cut_off)}; the "
            "same command goes on"
        )


def _reasons(cut_off: dict[int, str]) -> str:
    """Return what came between trials and their end: each reason once, with its trials."""
    trials = dict[str, list[str]]()
    for number, why in sorted(cut_off.items()):
        trials.setdefault(why, []).append(str(number))
    return "; ".join(
        f"trial{'s' * (len(numbers) > 1)} {', '.join(numbers)}: {why}"
        for why, numbers in trials.items()
    )


def _folder(plan: Plan) -> Path:
    # Workers and clusters may have another working folder.
    return (runs.RUNS / FOLDER / plan.declaration.name).resolve()


def _save(plan: Plan, name: str, number: int | None, overwrite: bool) -> None:
    from narrows.sweeping.experiment import experiment_path, write_experiment
    from narrows.sweeping.results import read_results
    from narrows.sweeping.storage import naming, open_storage, open_study, storage_path
    from narrows.sweeping.words import options_text, values_text

    declaration = plan.declaration
    experiment_path(name, overwrite)
    path = storage_path(declaration, _folder(plan))
    if not path.is_file():
        raise UserError(f"sweep={declaration.name} was not run here yet; leave --save-best out")
    with naming(path):
        results = read_results(declaration, open_study(declaration, plan.study, open_storage(path)))
    if not results.trials:
        raise UserError(
            f"sweep={declaration.name} was not run with these options, code and data yet; leave "
            "--save-best out"
        )
    trial = results.best(number)
    config = plan.check_trial(trial.params)[0].config
    told = f"Trial {trial.number} of sweep={declaration.name}: {values_text(declaration, trial)}."
    written = write_experiment(name, config, told, overwrite)
    print(f"{written}: trial {trial.number}, {options_text(trial)}")  # noqa: T201
    print(f"train and measure it: narrows train experiment={name}")  # noqa: T201
