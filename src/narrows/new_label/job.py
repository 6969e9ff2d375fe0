"""What is to be done, checked and read."""

from dataclasses import dataclass, replace
from pathlib import Path

from narrows.config import Config
from narrows.new_label.model import Trained
from narrows.new_label.options import Options
from narrows.new_label.updating import NewExamples
from narrows.spec import Spec


@dataclass(frozen=True)
class Job:
    """A label to add.

    Attributes:
        options: of the command.
        old: the trained run.
        data: folder of its prepared data.
        names: labels that the data have.
        new: the new examples.
        config: of the grown run.
    """

    options: Options
    old: Trained
    data: Path
    names: tuple[str, ...]
    new: NewExamples
    config: Config

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels of the grown run."""
        return (*self.old.spec.labels, self.options.label)

    @property
    def spec(self) -> Spec:
        """Return the spec of the grown run."""
        return replace(self.old.spec, labels=self.labels)
