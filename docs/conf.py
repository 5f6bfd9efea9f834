"""Sphinx configuration: `make docs` writes build/docs/html."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Systola"
author = "the authors of Systola"
try:
    release = metadata.version("systola")
except metadata.PackageNotFoundError:  # the package is not installed, only on the path
    release = "development"

extensions = [
    "myst_nb",  # Markdown, and the notebook
    "sphinx.ext.autodoc",
    "gallery",  # pages made from the code, below _ext
    "commands",
    "claims",
    "mutants",
    "source_links",
]
exclude_patterns = ["_ext"]

html_theme = "furo"
html_title = "Systola"
html_show_sphinx = False
html_copy_source = False
templates_path = []

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True

nitpicky = True
default_role = "literal"  # docstrings write `code` as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
suppress_warnings = ["myst.header"]
highlight_language = "text"
