"""What a study found, as Markdown for a pull request."""

from narrows.report.figures import chance, interval, megabytes, p_value, saved, signed
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
            "Mean [95 % interval over seeds] on the test part; bold differences are shown after "
            "Holm’s correction. Seconds and memory, the most at once, include pretraining.",
        ]
    if comparison.failed:
        parts += ["### Failed runs", _listed(comparison.failed)]
    return "\n\n".join(parts) + "\n"


def _table(comparison: Comparison) -> str:
    heads = (
        "labels", "method", measure_name(comparison.monitor), "difference to scratch", "p (Holm)",
        "P(beats scratch)", "labels saved", "weights", "seconds", "memory, MB",
    )  # fmt: skip
    lines = [heads, ("--:", ":--", *["--:"] * (len(heads) - 2))]
    for labels in comparison.labels:
        lines += [_cells(row, comparison.monitor) for row in comparison.at(labels)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, monitor: str) -> tuple[str, ...]:
    return (
        f"{row.labels:,}",
        _plain(row.name),
        interval(row.measures[monitor]),
        *_against(row),
        f"{row.weights:,}",
        f"{row.spent:,.1f}",
        megabytes(row.memory),
    )


def _against(row: Row) -> tuple[str, str, str, str]:
    found = row.against
    if found is None:
        return ("–", "–", "–", "–")
    difference, p = signed(found.mean), found.p_holm
    if p is None:
        return difference, "–", chance(found.wins), "–"
    if not row.clear:
        return difference, p_value(p), chance(found.wins), "none shown"
    return f"**{difference}**", _plain(p_value(p)), chance(found.wins), _plain(saved(found.saving))


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines)


def _plain(text: str) -> str:
    """Have Markdown show a text as it is, in one line."""
    text = " ".join(text.split("\n"))
    return "".join(f"\\{letter}" if letter in "\\`*_<>|#" else letter for letter in text)
