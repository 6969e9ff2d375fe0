"""What several studies with one configuration say together: average ranks over their data sets."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from narrows.errors import UserError
from narrows.files import write_json, write_text
from narrows.report.figures import p_text
from narrows.report.measures import measure_name
from narrows.report.rank_plot import ranks_svg, write_ranks_png
from narrows.report.tables import Comparison, read_comparison
from narrows.report.templates import drawing, render
from narrows.study.intervals import SIGNIFICANT
from narrows.study.ranks import Ranks, average_ranks

Scores = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Place:
    """The studies at their smallest, next … label budget.

    Attributes:
        budgets: of each study.
        scores: mean of the main measure on the test part, by study and method.
        ranks: of the methods that all studies have.
    """

    budgets: dict[str, int]
    scores: Scores
    ranks: Ranks

    @property
    def name(self) -> str:
        """Return the budgets for people, e.g. '350 to 1,351 labels'."""
        low, high = min(self.budgets.values()), max(self.budgets.values())
        return f"{low:,} labels" if low == high else f"{low:,} to {high:,} labels"


def places(comparisons: list[Comparison]) -> list[Place]:
    """Return the scores and ranks for each label budget that all studies have, smallest first."""
    number = min(len(c.labels) for c in comparisons)
    return [_place(comparisons, place) for place in range(number)]


def _place(comparisons: list[Comparison], place: int) -> Place:
    budgets = {c.study: c.labels[place] for c in comparisons}
    scores = {
        c.study: {row.name: row.measures[c.monitor].mean for row in c.at(budgets[c.study])}
        for c in comparisons
    }
    names = [n for n in next(iter(scores.values())) if all(n in found for found in scores.values())]
    shared = {study: {name: found[name] for name in names} for study, found in scores.items()}
    return Place(budgets, shared, average_ranks(shared))


def sentence(place: Place) -> str:
    """Return what the ranks at a budget say."""
    best, second = list(place.ranks.ranks)[:2]
    start = f"With {place.name} {best} ranks first ({place.ranks.ranks[best]:.1f} on average), "
    start += f"then {second} ({place.ranks.ranks[second]:.1f}); "
    p = p_text(place.ranks.p)
    if place.ranks.p >= SIGNIFICANT:
        return f"{start}no difference between methods is shown (Friedman, {p})."
    if not place.ranks.can_tell:
        few = f"with {place.ranks.datasets} data sets Nemenyi's test can tell no pair apart"
        return f"{start}methods differ (Friedman, {p}); {few}."
    worse = [
        name
        for name, rank in place.ranks.ranks.items()
        if rank - place.ranks.ranks[best] >= place.ranks.critical_difference
    ]
    shown = f"it is shown to differ from {', '.join(worse)}" if worse else "no pair is told apart"
    return f"{start}methods differ (Friedman, {p}), and {shown} (Nemenyi)."


def write_overview(name: str, studies: list[str], reports: Path) -> None:
    """Write the page, the ranks and a plot of those with the smallest budgets into reports/NAME.

    Args:
        name: of the studies together.
        studies: their names.
        reports: the folder of all reports.

    Raises:
        UserError: if a study has no results yet, or none of its runs finished.
    """
    comparisons = [read_comparison(reports / study / "results.json") for study in studies]
    for comparison in comparisons:
        if not comparison.rows:
            raise UserError(f"study {comparison.study}: no run finished; leave it out of {name}")
    found, folder = places(comparisons), reports / name
    data: list[dict[str, Any]] = [asdict(place) | {"said": sentence(place)} for place in found]
    write_json(folder / "ranks.json", data)
    write_ranks_png(folder / "ranks.png", found[0].ranks)
    page = render(
        "overview.html.j2",
        {"measure": measure_name},
        name=name,
        comparisons=comparisons,
        places=[(p, sentence(p), drawing(ranks_svg(p.ranks, p.name))) for p in found],
        monitor=comparisons[0].monitor,
    )
    write_text(folder / "index.html", page)
