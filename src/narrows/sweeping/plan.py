"""A checked sweep: what its trials' runs are, and what all its results depend on."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from narrows.code import fingerprint
from narrows.config import Config, identity
from narrows.errors import UserError
from narrows.inputs import make_inputs
from narrows.launching.job import Job
from narrows.sweeping.composing import Composer
from narrows.sweeping.declaration import Declaration, check_objectives
from narrows.sweeping.space import Params, tried_params

if TYPE_CHECKING:
    from narrows.readiness import Checked

# The module that trains a trial's runs.
TRIAL = "narrows.sweeping.trial"
# Of a sweep, what no trial depends on.
_NO_PART_OF_IDENTITY = ("name", "question", "trials", "storage")


@dataclass(frozen=True)
class Plan:
    """A sweep whose trials can be trained.

    Attributes:
        declaration: of the sweep.
        study: its name in Optuna's storage; another one for all that its results depend on.
        tracker: of the runs.
        composer: of the trials.
    """

    declaration: Declaration
    study: str
    tracker: Config
    composer: Composer

    def check_trial(self, params: Params) -> "list[Checked]":
        """Return a trial's runs, one for each seed, checked.

        Raises:
            UserError: if these values do not go together.
        """
        from narrows.readiness import check_run

        config, words = self.composer.compose(params), self.composer.words(params)
        first = check_run({**config, "seed": self.declaration.seeds[0]}, words)
        return [
            replace(first, config={**first.config, "seed": seed}) for seed in self.declaration.seeds
        ]


def make_plan(declaration: Declaration) -> Plan:
    """Check a sweep: each choice and each end of its space, and their data.

    Raises:
        UserError: for the first mistake; nothing is written then, unless it is one of the data.
    """
    composer = Composer(declaration)
    tried = tried_params(declaration.space)
    # All are composed first: what is misspelt is told before torch is imported.
    configs = [composer.try_out(params) for params in tried]
    from narrows.readiness import check_beside_others, check_run, prepare_run

    runs = [
        check_run(config, composer.words(params))
        for config, params in zip(configs, tried, strict=True)
    ]
    for run in runs:
        check_beside_others(run.config)
        check_objectives(declaration, run.measures)
    jobs = [prepare_run(run) for run in runs]
    return Plan(declaration, _study(declaration, jobs), runs[0].config["tracker"], composer)


def _study(declaration: Declaration, jobs: list[Job]) -> str:
    """Return a name with a hash of what the trials depend on: space, configs, code, data."""
    declared = asdict(declaration) | {"pruner": declaration.pruned_by}
    content = {
        "declared": {k: v for k, v in declared.items() if k not in _NO_PART_OF_IDENTITY},
        # Optuna draws by the objectives' and the options' order.
        "order": [list(declaration.space), list(declaration.objectives)],
        "runs": [[identity(job.config), make_inputs(job.config, job.data, job.pretrained)]
                 for job in jobs],
        "optuna": version("optuna"),
        "code": fingerprint(["narrows.sweeping.pruning", "narrows.sweeping.search"]),
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{declaration.name}-{digest[:12]}"


def check_package() -> None:
    """Check that Optuna is there.

    Raises:
        UserError: if it is not.
    """
    if find_spec("optuna") is None:
        raise UserError("narrows sweep needs the package optuna; pip install 'narrows[sweep]'")
