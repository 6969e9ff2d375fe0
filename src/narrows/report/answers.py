"""What a study found, as sentences: for each label budget, and in a line or two for all."""

from narrows.report.figures import labels_read, p_text, signed, times_fewer
from narrows.report.measures import measure_name
from narrows.report.rows import Row
from narrows.study.declaration import SCRATCH
from narrows.study.savings import Saving

HELPS, HARMS = "pretraining helps", "pretraining harms"
UNCLEAR = "no difference is shown"
NO_INTERVAL = "there is no answer, since one seed gives no interval"
NOTHING = "there is nothing to compare"
NO_RUN = "No run finished, so there is no answer."


def best_pretraining(rows: list[Row], monitor: str) -> Row | None:
    """Return the row with the highest mean of those shown to be better than scratch, else of all.

    Args:
        rows: of one label budget; only pretrained methods count.
        monitor: the main measure.
    """
    candidates = [row for row in rows if row.pretrained]
    better = [row for row in candidates if verdict(row) == HELPS]
    return max(better or candidates, key=lambda row: row.measures[monitor].mean, default=None)


def verdict(row: Row) -> str:
    """Return whether pretraining helps: only a corrected p below 5 % says so."""
    against = row.against
    if against is None or against.p_holm is None:
        return NO_INTERVAL
    if not against.clear:
        return UNCLEAR
    return HELPS if against.mean.mean > 0 else HARMS


def answer(rows: list[Row], monitor: str) -> tuple[str, str]:
    """Return a verdict on the rows of one label budget, and a few sentences."""
    start = f"With {rows[0].labels:,} labels "
    scratch = next((row for row in rows if row.strategy == SCRATCH), None)
    best = best_pretraining(rows, monitor)
    if scratch is None or best is None or best.against is None:
        return NOTHING, f"{start}{NOTHING}."
    found, p = verdict(best), best.against.p_holm
    text = (
        f"{start}{found}: {best.name}, {_called(rows, best, monitor)}, has {measure_name(monitor)} "
        f"{best.measures[monitor].mean:.3f} against {scratch.measures[monitor].mean:.3f} from "
        f"scratch, a difference of {signed(best.against.mean)}"
        f"{'' if p is None else f', corrected {p_text(p)}'}."
    )
    text += _seeds(best, scratch, monitor) + _saved(best) + _higher(rows, best, monitor)
    return found, text + _worse(rows, best) + _rival(rows, best, monitor)


def _above(rows: list[Row], best: Row, monitor: str) -> Row | None:
    """Return the pretrained method with the highest mean, if that is higher than the best one's."""
    mean = best.measures[monitor].mean
    above = [row for row in rows if row.pretrained and row.measures[monitor].mean > mean]
    return max(above, key=lambda row: row.measures[monitor].mean, default=None)


def _called(rows: list[Row], best: Row, monitor: str) -> str:
    higher = _above(rows, best, monitor)
    return "the best of those shown to help" if higher else "the best pretraining"


def _higher(rows: list[Row], best: Row, monitor: str) -> str:
    """Return a sentence if another pretraining has a higher mean, but is not shown to help."""
    higher = _above(rows, best, monitor)
    if higher is None:
        return ""
    mean = higher.measures[monitor].mean
    return f" {_capital(higher.name)} has {mean:.3f}, but its difference to scratch is not shown."


def _seeds(best: Row, scratch: Row, monitor: str) -> str:
    """Return a sentence if the numbers before it are not over the same seeds, as some failed."""
    own, other = best.measures[monitor].seeds, scratch.measures[monitor].seeds
    both = best.against.mean.seeds if best.against else 0
    if own == other == both:
        return ""
    return (
        f" Since runs failed, these means are over {own} and {other} seeds, and the difference "
        f"over the {both} that both have."
    )


def _saved(best: Row) -> str:
    found = verdict(best)
    # Without a clear difference there is nothing that was saved.
    if found == UNCLEAR:
        return " No saving of labels is shown."
    if found == NO_INTERVAL or best.against is None:
        return ""
    if best.against.saving is None:
        return " No number of labels saved can be read off scratch's curve."
    return f" {_capital(saving_sentence('it', best.against.saving))}"


def saving_sentence(name: str, saving: Saving) -> str:
    """Say how many labels a method saves, e.g. '… what scratch needs 430 for: 3.6× fewer …'."""
    read = saving.needed
    if read.side == ">" and saving.labels >= read.labels:
        return (
            f"with {saving.labels:,} labels, the most there are, {name} has more than scratch: how "
            "many labels that saves lies beyond the curve."
        )
    start = f"{name} reaches with {saving.labels:,} labels "
    if read.side == ">":
        start += f"more than scratch does with {read.labels:,.0f}, the most there are"
    elif read.side == "<":
        start += f"less than scratch does with {read.labels:,.0f}, the fewest there are"
    else:
        start += f"what scratch needs {labels_read(read)} for"
    times = times_fewer(saving)
    return f"{start}{f': {times}' if times else ''}."


def _worse(rows: list[Row], best: Row) -> str:
    """Return a sentence if methods other than the best are shown to be worse than scratch."""
    names = [row.name for row in rows if row.pretrained and verdict(row) == HARMS and row != best]
    if not names:
        return ""
    return f" Shown to be worse than scratch: {listed(names)}."


def _rival(rows: list[Row], best: Row, monitor: str) -> str:
    """Return a sentence on the best baseline, if it has more than scratch.

    Then a part of what is saved against scratch is no merit of pretraining.
    """
    rival = _baseline(rows, monitor)
    if rival is None:
        return ""
    mean = rival.measures[monitor].mean
    more = mean > best.measures[monitor].mean
    return f" The baseline {rival.name} has {'more: ' if more else ''}{mean:.3f}."


def _baseline(rows: list[Row], monitor: str) -> Row | None:
    """Return the best baseline; None if it has no more than scratch."""
    without = [row for row in rows if not row.pretrained]
    best = max(without, key=lambda row: row.measures[monitor].mean)
    return None if best.strategy == SCRATCH else best


def listed(words: list[str]) -> str:
    """Join words, e.g. '50, 200 and 1,000'."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def headline(verdicts: dict[int, str], rows: list[Row], monitor: str) -> str:
    """Return the answer in a few words, e.g. 'With 50 and 200 labels pretraining helps. …'.

    Where pretraining helps, the largest number of labels saved follows, and which one is the best.

    Args:
        verdicts: for each label budget.
        rows: for each label budget and method.
        monitor: the main measure.
    """
    if not rows:
        return NO_RUN
    found: dict[str, list[str]] = {}
    for labels, said in verdicts.items():
        found.setdefault(said, []).append(f"{labels:,}")
    parts = [f"with {listed(budgets)} labels {said}" for said, budgets in found.items()]
    helped = [labels for labels, said in verdicts.items() if said == HELPS]
    at = [[row for row in rows if row.labels == labels] for labels in helped]
    best = [row for row in (best_pretraining(budget, monitor) for budget in at) if row]
    return f"{_capital('; '.join(parts))}.{_most_saved(best)}{_named(best, rows, monitor)}"


def _most_saved(best: list[Row]) -> str:
    """Return a sentence on the largest saving of labels; nothing if none can be read.

    Args:
        best: the best pretraining for each label budget at which it helps.
    """
    found = [(row, row.against.saving) for row in best if row.against and row.against.saving]
    if not found:
        return ""
    row, saving = max(found, key=lambda it: it[1].factor)
    sentence = saving_sentence(f"{row.name},", saving)
    several = sum(it[1].factor > 1 for it in found) > 1
    return f" The largest saving: {sentence}" if several else f" {_capital(sentence)}"


def _named(best: list[Row], rows: list[Row], monitor: str) -> str:
    """Return a sentence on the best pretraining for each label budget, and on what has more."""
    if not best:
        return ""
    found: dict[str, list[Row]] = {}
    for row in best:
        found.setdefault(row.name, []).append(row)
    parts = [f"{name}, {_gained(own)}" for name, own in found.items()]
    text = f" Of those shown to help, the best is {'; '.join(parts)}."
    above: dict[str, list[str]] = {}
    for row in best:
        rival = _baseline([other for other in rows if other.labels == row.labels], monitor)
        if rival and rival.measures[monitor].mean > row.measures[monitor].mean:
            above.setdefault(rival.name, []).append(f"{row.labels:,}")
    parts = [f"{name} with {listed(labels)}" for name, labels in above.items()]
    return f"{text} Baselines that have more: {'; '.join(parts)}." if parts else text


def _gained(rows: list[Row]) -> str:
    """Return a method's label budgets, and its differences to scratch at these."""
    differences = [f"{row.against.mean.mean:+.3f}" for row in rows if row.against]
    return f"with {listed([f'{row.labels:,}' for row in rows])} labels ({listed(differences)})"
