"""Analysis → report model → charts → one self-contained HTML file."""

from klal.report.build import build_report
from klal.report.html import render_html
from klal.report.model import Report
from klal.report.standalone import map_svg

__all__ = ["Report", "build_report", "map_svg", "render_html"]
