"""How the documentation is built: `make docs`, every reference checked, every warning an error."""

from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

from mi.version import __version__

project = "management-infrastructure"
author = "the management-infrastructure contributors"
copyright = "the management-infrastructure contributors"  # noqa: A001 - Sphinx's name for it
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
smartquotes = False  # what is quoted is meant to be typed
html_title = "Management Infrastructure for Python"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autoclass_content = "both"  # the class, then how to make one
default_role = "code"  # a word in single backquotes is code, in docstrings as in Markdown

nitpicky = True
# The documentation is built where no other site can be reached, so what lives there has no link.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|datetime|enum|os|pathlib|re|threading|typing)(\..*)?"),
    ("py:.*", r"(bool|bytes|dict|float|frozenset|int|list|object|str|tuple|type|None|Any)"),
    ("py:.*", r"(Callable|Iterable|Iterator|Mapping|MutableMapping|Sequence|Self|timedelta)"),
    ("py:.*", r".*(Exception|Error|TypeVar|ValueT|ResultT|T_co)"),
    # What a signature says for type checkers; the text beside it says it for readers.
    ("py:class", r"mi\.\w+\.(\w+Keywords|_Unset)"),
    ("py:class", r"(Acknowledge|CallKeywords|CommandOutput|Executor|ItemT|SessionShells)"),
]


def _read_google_style(  # noqa: PLR0913, PLR0917 - Sphinx's signature
    app: Sphinx, what: str, name: str, documented: Any, options: Any, lines: list[str]
) -> None:
    """Read `Args:`, `Raises:` and the like; what napoleon does, but for attributes.

    It would take `Words: more words` at the beginning of an attribute's text for its type.
    """
    kind = "" if what in {"attribute", "property"} else what
    settings = Config(napoleon_use_ivar=True)
    lines[:] = GoogleDocstring(lines, settings, app, kind, name, documented, options).lines()


def setup(app: Sphinx) -> None:
    """Join in where Sphinx lets a configuration do so."""
    app.connect("autodoc-process-docstring", _read_google_style)
