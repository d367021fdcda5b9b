"""HTML pages from templates beside the modules that fill them; whatever is filled in is escaped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def render_page(template: Path, *, show: Callable[[str], str] = str, **values: object) -> str:
    """A page.

    Args:
        template: its file; it may include others of its folder.
        show: applied to every text that is filled in, before it is escaped.
        values: what the template names. A name that is missing is an error.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: object) -> object:
        return show(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template.name).render(values)
