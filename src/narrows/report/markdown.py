"""What a study found, as Markdown for a pull request."""

from narrows.report import wording
from narrows.report.figures import chance, measured, megabytes, p_value, seconds, signed
from narrows.report.measures import measure_name
from narrows.report.rows import Row
from narrows.report.tables import Comparison


def render_markdown(comparison: Comparison) -> str:
    """Return the headline, the answers, the main table, and the failed runs if there are any."""
    parts = [
        f"## {_plain(comparison.question)}",
        f"**{_plain(comparison.headline)}**",
    ]
    if comparison.rows:
        parts += [
            _listed(comparison.answers),
            _table(comparison),
            *([comparison.validation] if comparison.validation else []),
            "Mean [95 % interval over seeds] on the test part; bold differences are shown after "
            f"Holm’s correction. “{wording.BEATS.capitalize()}”: in which share of seeds. Memory "
            "is the most that training or pretraining had at once.",
        ]
    if comparison.failed:
        parts += ["### Failed runs", _listed(comparison.failed)]
    return "\n\n".join(parts) + "\n"


def _table(comparison: Comparison) -> str:
    heads = (
        "labels", "method", measure_name(comparison.monitor), wording.DIFFERENCE, wording.P,
        wording.BEATS, wording.SAVED, wording.WEIGHTS, wording.TRAINING, wording.PRETRAINING,
        wording.MEMORY,
    )  # fmt: skip
    lines = [heads, ("--:", ":--", *["--:"] * (len(heads) - 2))]
    for labels in comparison.labels:
        lines += [_cells(row, comparison.monitor) for row in comparison.at(labels)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, monitor: str) -> tuple[str, ...]:
    return (
        f"{row.labels:,}",
        _plain(row.name),
        measured(row.measures, monitor),
        *_against(row),
        f"{row.weights:,}",
        seconds(row.seconds),
        seconds(row.pretraining_seconds),
        megabytes(row.memory),
    )


def _against(row: Row) -> tuple[str, str, str, str]:
    found = row.against
    if found is None:
        return ("–", "–", "–", "–")
    difference, p = signed(found.mean), p_value(found.p_holm)
    told = f"**{difference}**" if row.clear else difference
    return told, _plain(p), chance(found.wins), _plain(wording.labels_saved(row))


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines)


def _plain(text: str) -> str:
    """Have Markdown show a text as it is, in one line."""
    text = " ".join(text.split("\n"))
    return "".join(f"\\{letter}" if letter in "\\`*_<>|#" else letter for letter in text)
