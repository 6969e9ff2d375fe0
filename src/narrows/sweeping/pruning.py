"""What a trial reports while it is trained, and whether it is stopped. Imports no torch.

As values are drawn, so trials are stopped: by what is known of those that lie `ahead` before, and
of no others, so that it does not depend on the order in which trials end. What a trial has reported
is in its run's folder too: where the storage lost it, or never had it since the run was trained
before, it is reported again.
"""

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.storages import BaseStorage
from optuna.trial import Trial

from narrows.errors import PrunedError
from narrows.sweeping.declaration import Declaration
from narrows.sweeping.drawing import history
from narrows.sweeping.storage import PRUNED, open_study


class Reporter:
    """Reports the values of one seed of a trial, epoch by epoch.

    Args:
        declaration: of the sweep.
        name: of its study.
        storage: of the trials.
        number: of the trial.
        place: of the seed.
        epochs: of each seed's run.
    """

    def __init__(
        self,
        declaration: Declaration,
        name: str,
        storage: BaseStorage,
        number: int,
        place: int,
        epochs: int,
    ) -> None:
        self.storage, self.epochs, self.first = storage, epochs, place * epochs
        self.steps = epochs * len(declaration.seeds)
        self.measure = next(iter(declaration.objectives))
        study = open_study(declaration, name, storage)
        trials = study.get_trials(deepcopy=False)
        self.trial = Trial(study, trials[number]._trial_id)
        pruner = _pruner(declaration, self.steps)
        self.known = history(declaration, name, trials, number, pruner=pruner)
        self.copy = self.known.ask()
        self.noted = set(trials[number].system_attrs)
        self.reported = dict(trials[number].intermediate_values)
        self.asked = set[int]()
        for step in sorted(self.reported):
            if step <= self.first:
                self._ask(step, self.reported[step])

    def report(self, row: dict[str, float]) -> None:
        """Report an epoch; one that was reported before changes nothing.

        Args:
            row: of the run's history.

        Raises:
            PrunedError: if the trial promises less than others.
        """
        epoch = int(row["epoch"])
        step, value = self.first + epoch, row.get(self.measure)
        # What is solved in closed form has no epochs.
        if value is None or not epoch or step in self.asked:
            return
        if step not in self.reported:
            self.reported[step] = value
            self.trial.report(value, step)
        # What has been trained to its end is worth knowing.
        if self._ask(step, value) and epoch < self.epochs:
            reason = f"after epoch {step} of {self.steps}"
            self.trial.set_user_attr(PRUNED, reason)
            raise PrunedError(reason)

    def _ask(self, step: int, value: float) -> bool:
        """Return whether the trial would be stopped, with what it has reported so far."""
        self.asked.add(step)
        self.copy.report(value, step)
        stopped = self.copy.should_prune()
        # Hyperband notes there what later trials are compared with.
        for key, noted in self.known.get_trials(deepcopy=False)[-1].system_attrs.items():
            if key not in self.noted:
                self.noted.add(key)
                self.storage.set_trial_system_attr(self.trial._trial_id, key, noted)
        return stopped


def _pruner(declaration: Declaration, steps: int) -> BasePruner:
    """Return what stops trials of so many epochs, all seeds together."""
    if declaration.pruned_by == "median":
        # A step is an epoch, from 1 on.
        return MedianPruner(declaration.startup, declaration.warmup + 1)
    if declaration.pruned_by == "hyperband":
        return HyperbandPruner(min(declaration.warmup, steps), steps)
    return NopPruner()
