"""Named studies from start to report, and what they found: python benchmarks/studies.py NAME [...].

Each is `narrows study NAME`, which computes what is not there yet. Of every report a table is kept,
benchmarks/results/studies/STUDY.csv, and beside it STUDY.json with its answers, the command, the
commit and the time. All measures are of the test part; nothing was chosen on it.
"""

import argparse
import shlex
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmark import RESULTS, machine

from narrows.files import read_json, write_csv, write_json
from narrows.report.rows import Row
from narrows.report.tables import Comparison, read_comparison
from narrows.runs import git_commit
from narrows.study.plan import studies_of

# What is kept of each method and number of labels, where the study measures it.
MEASURES = (
    "average_precision",
    "micro_average_precision",
    "micro_f1",
    "macro_f1",
    "micro_f1_tuned",
    "macro_f1_tuned",
    "macro_f1_tuned_per_label",
    "subset_accuracy",
    "hamming_loss",
    "label_ranking_average_precision",
    "precision_at_1",
)


def main() -> None:
    """Run the studies and keep their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", help="files of conf/study, e.g. mulan")
    for name in parser.parse_args().names:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "narrows", "study", name], check=True)
        seconds = time.perf_counter() - start
        made = {
            "command": shlex.join(["python", "benchmarks/studies.py", name]),
            "commit": git_commit(),
            "date": date.today().isoformat(),
            "machine": machine(),
            "seconds of the command": round(seconds),
        }
        for study in studies_of(name):
            keep(read_comparison(Path("reports") / study / "results.json"), made)
        ranks = Path("reports") / name / "ranks.json"
        if ranks.is_file():
            places = [{k: v for k, v in p.items() if k != "scores"} for p in read_json(ranks)]
            write_json(RESULTS / "studies" / f"{name}.json", made | {"places": places})


def keep(comparison: Comparison, made: dict[str, Any]) -> None:
    """Write the table and the answers of one study."""
    folder = RESULTS / "studies"
    write_csv(folder / f"{comparison.study}.csv", table(comparison.rows))
    answers = {"answers": comparison.answers, "failed": comparison.failed}
    write_json(folder / f"{comparison.study}.json", made | answers)


def table(rows: list[Row]) -> list[list[object]]:
    """Return headings, then measures and their intervals, a line for each method and budget."""
    measures = [name for name in MEASURES if any(name in row.measures for row in rows)]
    ends = [f"{name}{end}" for name in measures for end in ("", "_low", "_high")]
    lines: list[list[object]] = [["method", "labels", "weights", "seconds", *ends]]
    for row in rows:
        values = [row.measures[name] for name in measures]
        numbers = [_text(n) for v in values for n in (v.mean, v.low, v.high)]
        lines.append([row.name, row.labels, row.weights, f"{row.seconds:.1f}", *numbers])
    return lines


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:.5f}"


if __name__ == "__main__":
    main()
