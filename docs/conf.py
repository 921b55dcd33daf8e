"""Sphinx configuration: Markdown pages (MyST), numpydoc, BibTeX, and formulas as MathML so that no page loads anything from elsewhere."""

from __future__ import annotations

import re
import warnings
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from docutils.utils.math.latex2mathml import tex2mathml  # type: ignore[import-untyped]

from klal import __version__

# The theme still asks Sphinx for something in an older way; that is not about our pages.
warnings.filterwarnings("ignore", category=DeprecationWarning)

project = "klal"
author = "The klal developers"
copyright = "the klal developers, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinxcontrib.bibtex"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_tables"]

bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "furo"
html_title = "klal"
html_static_path = ["_static"]
html_css_files = ["klal.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_copy_source = False


def setup(app: Any) -> None:
    """Connect what Sphinx does not bring: citations in docstrings and formulas without a script."""
    app.connect("autodoc-process-docstring", _cite, priority=400)  # before numpydoc, which would make footnotes of them
    app.add_html_math_renderer("mathml", (_inline_math, None), (_display_math, None))


def _cite(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Turn ``[key]_`` in a docstring into a citation of references.bib."""
    lines[:] = [re.sub(r"\[([a-z]+\d{4})\]_", r":cite:p:`\1`", line) for line in lines]


def _inline_math(writer: Any, node: nodes.math) -> None:
    writer.body.append(tex2mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def _display_math(writer: Any, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="formula">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode
