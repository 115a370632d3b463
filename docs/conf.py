"""Sphinx configuration: Markdown pages, numpydoc docstrings, no network."""

from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from docutils import nodes

from gradproof.checking.codes import CODES
from gradproof.read.notation.vocabulary import documented
from gradproof.write.mathml import latex_to_mathml
from gradproof.write.notation_page import notation_page
from gradproof.write.rules_page import rules_page

project = "gradproof"
author = "gradproof contributors"
copyright = "gradproof contributors"
release = version = installed_version("gradproof")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["tables.css"]
html_title = "gradproof"

CODE_PAGE = """# {code}

{says}

Wrong:

```python
{wrong}
```

Right:

```python
{right}
```

{why}
"""


def write_code_pages(folder: Path) -> None:
    """One page for each diagnosis code, from the table that ``gradproof explain`` reads."""
    for old in folder.glob("*.md"):
        if old.stem != "index" and old.stem not in CODES:
            old.unlink()
    for each in CODES.values():
        why = each.why.replace("*", r"\*")
        text = CODE_PAGE.format(code=each.code, says=each.says, wrong=each.wrong, right=each.right, why=why)
        page = folder / f"{each.code}.md"
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


write_code_pages(Path(__file__).parent / "diagnosis")
(Path(__file__).parent / "rules.md").write_text(rules_page(), "utf-8")
(Path(__file__).parent / "notation.md").write_text(notation_page(documented()), "utf-8")


def inline_math(translator: Any, node: nodes.math) -> None:
    """A formula in a line, as MathML, which needs neither a script nor a network."""
    shown = latex_to_mathml(node.astext()).replace('display="block"', 'display="inline"', 1)
    translator.body.append(shown)
    raise nodes.SkipNode


def displayed_math(translator: Any, node: nodes.math_block) -> None:
    """A formula on a line of its own."""
    translator.body.append(f"<div>{latex_to_mathml(node.astext())}</div>")
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Formulas are drawn by our own writer."""
    app.add_html_math_renderer("mathml", (inline_math, None), (displayed_math, None))
