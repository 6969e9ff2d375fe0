"""DVC stage: compare a study's evaluated runs and write its report."""

import argparse
import sys
from pathlib import Path
from typing import Any

from narrows.errors import UserError, exit_code
from narrows.files import read_json, read_yaml, write_csv, write_json, write_text
from narrows.report.difference_plots import write_differences_png
from narrows.report.markdown import render_markdown
from narrows.report.mirror import mirror, tracker_of
from narrows.report.page import Picture, render_page
from narrows.report.plots import write_curves_png
from narrows.report.rows import Row
from narrows.report.tables import Comparison, compare, write_comparison
from narrows.study.plan import BUILD


def main() -> None:
    """Write reports/STUDY from build/STUDY."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", help="its name, e.g. digits")
    name = parser.parse_args().study
    build, folder = BUILD / name, Path("reports") / name
    comparison = report(name, build, folder)
    tracker = tracker_of(build / "configs")
    if tracker and comparison.rows:
        plots = {plot: folder / f"{plot}.png" for plot in ("curves", "differences")}
        mirror(comparison, plots, tracker, runs_folder(name))


def runs_folder(name: str) -> Path:
    """Return where the files of W&B's own are, beside those of runs."""
    return Path("runs") / f"compare-{name}"


def report(name: str, build: Path, folder: Path) -> Comparison:
    """Write the page, the results, the plots and the metrics into `folder`.

    Returns:
        What was found.

    Raises:
        UserError: if the study was not evaluated, or not all of it.
    """
    needed = [build / "evaluation.json", build / "configs" / "study.yaml", build / "data/card.json"]
    for path in needed:
        if not path.is_file():
            raise UserError(f"{path} is missing; run: make run STUDY={name}")
    # The evaluation last: it takes the memory that reading YAML has left.
    study, card, evaluation = read_yaml(needed[1]), read_json(needed[2]), read_json(needed[0])
    part = card["parts"].get("val", {"examples": 0})
    comparison = compare(evaluation, study, part.get("labelled", part["examples"]))
    write_comparison(folder / "results.json", comparison)
    write_json(folder / "metrics.json", metrics(comparison))
    write_csv(folder / "curves.csv", curves(comparison))
    write_curves_png(folder / "curves.png", comparison)
    write_differences_png(folder / "differences.png", comparison)
    pictures = [
        Picture(strategy, rows, (build / "pictures" / f"{strategy}.png").read_bytes())
        for strategy, rows in evaluation["pictures"].items()
    ]
    write_text(folder / "report.md", render_markdown(comparison))
    write_text(folder / "index.html", render_page(comparison, study, card, pictures))
    return comparison


def metrics(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Return mean and half-width by method, label budget and measure, for `dvc metrics`.

    They are of the test part. What may choose between experiments is under `validation`: the mean
    of the main measure on that part.
    """
    found, validation = dict[str, dict[str, Any]](), dict[str, dict[str, float]]()
    for row in comparison.rows:
        method, labels = f"{row.strategy}-{row.transfer}", str(row.labels)
        found.setdefault(method, {})[labels] = _numbers(row)
        if row.validation is not None:
            validation.setdefault(method, {})[labels] = row.validation
    return {"validation": validation, **found}


def _numbers(row: Row) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for measure, value in row.measures.items():
        numbers[measure] = value.mean
        if value.half_width is not None:
            numbers[f"{measure}_half_width"] = value.half_width
    return numbers


def curves(comparison: Comparison) -> list[list[Any]]:
    """Return the main measure of every method and label budget as lines, for `dvc plots`."""
    rows: list[list[Any]] = [["method", "labels", comparison.monitor, "low", "high"]]
    for row in comparison.rows:
        value = row.measures[comparison.monitor]
        rows.append([row.name, row.labels, value.mean, value.low, value.high])
    return rows


if __name__ == "__main__":
    sys.exit(exit_code(main))
