"""How the documentation is built: `make docs`, every reference checked, every warning an error."""

from mi.version import __version__

project = "management-infrastructure"
author = "the management-infrastructure contributors"
copyright = "the management-infrastructure contributors"  # noqa: A001 - Sphinx's name for it
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Management Infrastructure for Python"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "mixed"
default_role = "code"  # a word in single backquotes is code, in docstrings as in Markdown
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

nitpicky = True
# The documentation is built where no other site can be reached, so what lives there has no link.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|datetime|enum|logging|pathlib|typing|concurrent|os)(\..*)?"),
    ("py:.*", r"(bool|bytes|dict|float|frozenset|int|list|object|str|tuple|type|None|Any)"),
    ("py:.*", r"(Callable|Iterable|Iterator|Mapping|MutableMapping|Sequence|Self|timedelta)"),
    ("py:.*", r".*(Exception|Error|TypeVar|ValueT|ResultT|T_co)"),
]
