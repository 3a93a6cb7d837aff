"""The laws of the Python package: what it imports, what it documents, what it says of itself."""

import ast
import importlib
import inspect
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import barter_python

SOURCE = Path(__file__).parents[1] / "python" / "barter_python"
FILES = sorted(SOURCE.rglob("*.py"))
ALLOWED = {"barter_python", "numpy", *sys.stdlib_module_names}


def imports(tree: ast.AST):
    """Line and full name of each module that is imported, at any depth; our own if relative."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "barter_python" if node.level else node.module


def module_name(file: Path) -> str:
    parts = file.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_modules_import_only_the_core_the_standard_library_numpy_and_each_other(file):
    found = imports(ast.parse(file.read_text(encoding="utf-8")))
    strange = [
        f"{file}:{line}: {name}" for line, name in found if name.split(".")[0] not in ALLOWED
    ]
    assert not strange


def test_imports_are_seen_wherever_they_stand():
    text = "import a.b, c\ndef f():\n    from d.e import g\nfrom . import h\n"
    assert [name for _, name in imports(ast.parse(text))] == ["a.b", "c", "barter_python", "d.e"]


def test_errors_is_a_leaf():
    """The core looks it up while the package is still being imported."""
    assert not list(imports(ast.parse((SOURCE / "errors.py").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_every_public_name_is_there_and_documented(file):
    if file.stem == "__main__":
        pytest.skip("runs when imported")
    module = importlib.import_module(module_name(file))
    assert module.__doc__
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
            # Not `inspect.getdoc`, which answers with the parent's.
            assert value.__doc__, f"{module.__name__}.{name} has no docstring"


def test_the_package_says_that_it_is_typed():
    assert (Path(barter_python.__file__).parent / "py.typed").is_file()
    assert (Path(barter_python.__file__).parent / "_core.pyi").is_file()


def test_the_version_is_the_one_installed():
    assert barter_python.__version__ == version("barter-python")
