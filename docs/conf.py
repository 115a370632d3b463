"""Sphinx configuration: Markdown pages, numpydoc docstrings, no network."""

from importlib.metadata import version as installed_version

project = "gradproof"
author = "gradproof contributors"
copyright = "gradproof contributors"
release = version = installed_version("gradproof")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = False

html_theme = "furo"
html_title = "gradproof"
