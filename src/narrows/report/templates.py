"""What all pages share: templates with one look, and pictures that stand in the page itself."""

import base64
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(template: str, filters: dict[str, Any], **values: Any) -> str:
    """Return a page as HTML; what is in `values` is escaped, unless it is Markup.

    Args:
        template: one of the files *.html.j2 beside this one.
        filters: of this page alone.
        values: that the template names.
    """
    environment = Environment(
        loader=PackageLoader("narrows.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment.get_template(template).render(**values)


def png_uri(png: bytes) -> str:
    """Return a PNG picture as a data: URI."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def drawing(svg: str) -> Markup:
    """Mark an SVG that we drew ourselves as not to be escaped."""
    return Markup(svg)  # noqa: S704
