"""Fingerprints of source code: what a run was made with changes only if code that it uses does."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def fingerprint(modules: Iterable[str]) -> str:
    """Return a hash of the named modules and of all of narrows that they import, at any depth.

    Comments, docstrings and layout do not count.
    """
    return _fingerprint(frozenset(modules))


@cache
def _fingerprint(modules: frozenset[str]) -> str:
    todo, seen = sorted(modules), set[str]()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += _read(name)[1]
    text = "\n".join(f"{name} {_read(name)[0]}" for name in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _read(module: str) -> tuple[str, tuple[str, ...]]:
    """Return the module's syntax without comments and docstrings, and its imports of narrows."""
    path = _file(module)
    if path is None:
        raise ModuleNotFoundError(module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    statements = list(_statements(tree))
    imported = tuple(name for node in statements for name in _imports(node))
    for node in (tree, *statements):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return ast.dump(tree), imported


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements below a node; expressions, which are most of a tree, hold none."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from _statements(child)


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names if a.name.startswith("narrows.")]
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("narrows"):
        inner = [f"{node.module}.{a.name}" for a in node.names]
        return [node.module, *(name for name in inner if _file(name))]
    return []


@cache
def _file(module: str) -> Path | None:
    """Return the file of a module of narrows, without importing anything; None if there is none.

    `find_spec` would import the packages that a name may lie in, and with them torch.
    """
    top, *inner = module.split(".")
    package = find_spec(top)
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent.joinpath(*inner)
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)
