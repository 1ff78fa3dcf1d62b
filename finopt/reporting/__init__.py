"""The report page: what was asked and decided as one HTML file that asks nothing of anybody.

It needs the extra ``report`` (``pip install 'finopt[report]'``): jinja2 fills the template and escapes every
name, plotly's script is put into the file. Imports the API and what is below it; only the command line
imports it. ``finopt.report`` is `finopt.reporting.page.report`.
"""

from finopt.reporting.page import report

__all__ = ["report"]
