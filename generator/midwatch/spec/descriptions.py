"""The text below each key of the models, read from their source when someone asks for it.

pydantic could collect them itself (``use_attribute_docstrings``), but does so at import, which costs every command a
tenth of a second for what only ``midwatch schema`` and the reference need.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from inspect import getsource
from sys import modules

from midwatch.spec.model.base import Model


@cache
def descriptions() -> Mapping[tuple[str, str], str]:
    """(class, attribute) -> its text, on one line."""
    return {
        (node.name, attribute.target.id): " ".join(str(text.value.value).split())
        for section in {part.__module__ for part in Model.__subclasses__()}
        for node in ast.parse(getsource(modules[section])).body
        if isinstance(node, ast.ClassDef)
        for attribute, text in zip(node.body, node.body[1:], strict=False)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(attribute.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }
