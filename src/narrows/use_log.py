"""What is made of a trained run, in W&B: an evaluation job with lineage, beside the run."""

import csv
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from narrows import runs
from narrows.files import read_json, read_yaml
from narrows.wandb_service import LOGGER, start_run

# W&B shows no more rows of a table.
_ROWS = 10_000


def log_use(folder: Path, verb: str, files: Sequence[Path]) -> None:
    """Log the results of a use of a run, if the run itself was logged to W&B.

    Pages, pictures, tables and numbers are shown; all files are an artifact that names the weights
    that they were made with. What fails is told and is no error: the files are there.

    Args:
        folder: of the trained run; W&B's own files go there too.
        verb: that made the files, e.g. outliers.
        files: .html, .png, .csv, .json, or others that are only kept.
    """
    tracker = read_yaml(folder / runs.CONFIG)["tracker"]
    if tracker["_target_"] != LOGGER:
        return
    try:
        _log(folder, verb, files, tracker)
    except Exception as error:
        print(f"{verb} is not in W&B: {error}", file=sys.stderr)  # noqa: T201


def _log(folder: Path, verb: str, files: Sequence[Path], tracker: dict[str, Any]) -> None:
    import wandb

    trained = folder.resolve().name
    model = f"encoder-{trained}"
    # The same results are the same W&B run, others another one.
    sums = "".join(runs.sha256(file) for file in files)
    name = f"{trained}-{verb}-{hashlib.sha256(sums.encode()).hexdigest()[:8]}"
    start: dict[str, Any] = {
        "project": tracker.get("project"),
        "group": tracker.get("group") or trained,
        "job_type": "evaluation",
        "config": {"model": trained, "verb": verb},
    }
    with start_run(name, folder, **start) as run:
        if not (run.offline or run.disabled):
            run.use_artifact(f"{model}:latest")
        run.log({file.name.replace(".", "_"): found for file in files if (found := shown(file))})
        for file in files:
            if file.suffix == ".json":
                run.summary.update(dict(_numbers(read_json(file))))
        artifact = wandb.Artifact(f"{verb}-{trained}", "evaluation", metadata={"model": model})
        for file in files:
            artifact.add_file(str(file), policy="immutable")
        run.log_artifact(artifact)


def shown(file: Path) -> Any:
    """Return what W&B shows of a file, None for a kind that it does not show."""
    import wandb

    match file.suffix.lower():
        case ".html":
            return wandb.Html(file.read_text(encoding="utf-8"), inject=False)
        case ".png":
            return wandb.Image(str(file))
        case ".csv":
            with file.open(newline="", encoding="utf-8") as lines:
                reader = csv.reader(lines)
                columns: list[str | int] = list(next(reader))
                rows = [row for row, _ in zip(reader, range(_ROWS), strict=False)]
            return wandb.Table(columns=columns, data=rows)
        case _:
            return None


def _numbers(content: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a JSON file, named by the keys that lead to each; none of lists."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _numbers(value, f"{path}/{key}" if path else key)
    elif isinstance(content, int | float):
        yield path, content
