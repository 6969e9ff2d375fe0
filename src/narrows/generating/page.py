"""One page with the new examples of a run: what they are worth, and what each is nearest to."""

from narrows.generating.answers import (
    copies,
    gaussians,
    heading,
    names_of,
    percent,
    plus_minus,
    references,
    verdict,
)
from narrows.generating.generator import Generator
from narrows.generating.judge import COPIES
from narrows.generating.measuring import DRAWS, Found
from narrows.generating.options import Options, Way
from narrows.generating.outputs import place_of
from narrows.generating.plots import distances_svg, precision_svg
from narrows.generating.shown import headings, paths, shown
from narrows.report.templates import drawing, render
from narrows.report.text import number

# What codes are drawn from.
_TOLD: dict[Way, str] = {
    "interpolate": "a place on the line between a training code and one of its {k} nearest, "
    "uniformly drawn",
    "noise": "a training code and Gaussian noise as long as the way to the farthest of its "
    "{k} nearest ones, in the mean square",
    "mixture": "a mixture of {gaussians}, which was fitted to the training codes after training",
    "gaussian": "one Gaussian with the mean and the covariance of the training codes",
    "normal": "N(0, I), which an autoencoder’s codes need not follow: it was not trained to",
}


def render_page(generator: Generator, found: Found, options: Options) -> str:
    """Return the page as HTML."""
    names = names_of(found)
    told = {
        way: t.format(k=options.neighbours, gaussians=gaussians(found)) for way, t in _TOLD.items()
    }
    return render(
        "generate.html.j2",
        {"number": number, "plus_minus": plus_minus, "percent": percent},
        found=found,
        options=options,
        names=names,
        told=told,
        places={way: place_of(way, generator.module.spec) for way in found.drawn},
        heading=heading(found),
        answers=[verdict(found), references(found), copies(found)],
        panels=[drawing(draw(found, names)) for draw in (distances_svg, precision_svg)],
        shown={way: shown(generator, found, way) for way in found.drawn},
        kind=generator.module.spec.kind,
        headings=headings(generator),
        paths=paths(generator, options.seed),
        draws=DRAWS,
        usual_copies=COPIES,
    )
