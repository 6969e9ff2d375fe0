"""Fingerprints change with what the code does, and with no other code."""

import sys

import pytest

from narrows import code
from narrows.code import fingerprint

FILES = {
    "__init__": "",
    "a": "from narrows import b_module\nfrom narrows.c_module import f\ndef g():\n    return f()\n",
    "b_module": "import narrows.d_module\n",
    "c_module": "def f():\n    '''Says.'''\n    return 1\n",
    "d_module": "X = 1\n",
    "other": "Y = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in the place of narrows."""
    folder = tmp_path / "narrows"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.py").write_text(text)
    for name in [n for n in sys.modules if n.split(".")[0] == "narrows"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    yield folder
    forget()


def forget():
    """Have files read again: a process takes its own code not to change."""
    code._file.cache_clear()
    code._read.cache_clear()
    code._fingerprint.cache_clear()


def after(path, text, module="narrows.a"):
    """Return the module's fingerprints before and after the file has this text."""
    forget()
    before = fingerprint([module])
    path.write_text(text)
    forget()
    return before, fingerprint([module])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c_module", "def f():\n    return 1\n"),
        ("c_module", "def f():\n    '''Says another thing.'''\n\n    return 1  # one\n"),
        ("c_module", "'''A module.'''\n# A comment.\ndef f():\n    return (1)\n"),
        ("other", "Y = 2\n"),
    ],
)
def test_stays_the_same(package, name, text):
    before, now = after(package / f"{name}.py", text)
    assert before == now


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a", FILES["a"].replace("return f()", "return f() + 1")),
        ("c_module", "def f():\n    '''Says.'''\n    return 2\n"),
        ("d_module", "X = 2\n"),
        ("b_module", ""),
    ],
    ids=["itself", "imported", "imported by an imported one", "import gone"],
)
def test_changes(package, name, text):
    before, now = after(package / f"{name}.py", text)
    assert before != now


def test_order_and_repetition_do_not_count(package):
    assert fingerprint(["narrows.a", "narrows.other"]) == fingerprint(
        ["narrows.other", "narrows.a", "narrows.a"]
    )
    assert fingerprint(["narrows.a"]) != fingerprint(["narrows.a", "narrows.other"])


def test_imports_in_a_circle(package):
    (package / "d_module.py").write_text("import narrows.a\n")
    assert fingerprint(["narrows.d_module"]) != fingerprint(["narrows.other"])


def test_unknown_module():
    with pytest.raises(ModuleNotFoundError):
        fingerprint(["narrows.nothing_like_this"])


def test_a_run_depends_on_its_components_alone():
    from narrows.build import prune
    from narrows.config import compose_config
    from narrows.inputs import code_of

    def of(*overrides):
        return code_of(prune(compose_config(list(overrides))))

    assert of("encoder=mlp") == of("encoder=mlp", "encoder.code_size=3", "seed=4")
    assert of("encoder=mlp") != of("encoder=conv")
    assert of("optimizer=sgd") == of("optimizer=adam")
