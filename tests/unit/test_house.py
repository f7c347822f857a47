"""The rules of the house that no linter knows."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from contracts.requirements import REQUIREMENTS, Requirement

ROOT = Path(__file__).parents[2]

CHECKS = "tests.contract"


def _checks() -> Iterator[tuple[str, FunctionType]]:
    package = importlib.import_module(CHECKS)
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{CHECKS}.{found.name}")
        for name, value in vars(module).items():
            if name.startswith("test_") and isinstance(value, FunctionType):
                yield found.name, value


ALL = list(_checks())

EACH = [
    pytest.param(module, check, id=f"{module.removeprefix('test_')}-{check.__name__}")
    for module, check in ALL
]


def marks(check: FunctionType, name: str) -> list[Any]:
    return [mark for mark in getattr(check, "pytestmark", []) if mark.name == name]


def requirement_of(check: FunctionType) -> Requirement:
    (marker,) = marks(check, "requirement")
    ((found,), options) = marker.args, marker.kwargs
    assert isinstance(found, Requirement)
    assert options == {}
    return found


# --- checks -----------------------------------------------------------------------------------


def test_there_are_checks() -> None:
    assert len(ALL) >= 15


@pytest.mark.parametrize(("module", "check"), EACH)
def test_a_check_is_about_one_requirement_its_file_is_named_for(
    module: str, check: FunctionType
) -> None:
    assert requirement_of(check) in REQUIREMENTS
    assert module.startswith(f"test_{requirement_of(check).id.lower()}_")


@pytest.mark.parametrize(("module", "check"), EACH)
def test_a_check_says_itself_in_one_present_sentence(module: str, check: FunctionType) -> None:
    sentence = inspect.getdoc(check) or ""

    assert re.fullmatch(r"[A-Z][^\n]*[^.\n]\.", sentence), module
    assert ". " not in sentence
    assert not re.search(
        r"\b(should|must|will|shall|would|test|tests|check that)\b", sentence, re.IGNORECASE
    )


@pytest.mark.parametrize(("module", "check"), EACH)
def test_a_check_is_core_or_depth_or_looks_at_the_run(module: str, check: FunctionType) -> None:
    kinds = [name for name in ("core", "depth", "whole_run") if marks(check, name)]

    assert len(kinds) == 1, module


def written(check: FunctionType) -> ast.FunctionDef:
    """A check as its author wrote it."""
    own = getattr(getattr(check, "hypothesis", None), "inner_test", check)
    (function,) = ast.parse(inspect.getsource(own)).body
    assert isinstance(function, ast.FunctionDef)
    return function


@pytest.mark.parametrize(("module", "check"), EACH)
def test_a_check_has_no_branches(module: str, check: FunctionType) -> None:
    branches = (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.Match)

    assert not any(isinstance(node, branches) for node in ast.walk(written(check))), module


@pytest.mark.parametrize(("module", "check"), EACH)
def test_a_check_ends_with_what_it_expects(module: str, check: FunctionType) -> None:
    *_, last = written(check).body

    assert isinstance(last, ast.Expr), module
    assert isinstance(last.value, ast.Call), module
    assert ast.unparse(last.value.func) in {"expect", "advise", "expect_no_other_violation"}


def test_ids_are_unique() -> None:
    ids = [
        f"{requirement_of(check).id}.{check.__name__.removeprefix('test_').replace('_', '-')}"
        for _, check in ALL
    ]

    assert [id_ for id_, count in Counter(ids).items() if count > 1] == []
    assert all(re.fullmatch(r"D\d{1,2}\.[a-z0-9-]+", id_) for id_ in ids)


# --- what is loaded ---------------------------------------------------------------------------

HEAVY = {
    "pydantic",
    "pydantic_settings",
    "pytest",
    "schemathesis",
    "hypothesis",
    "locust",
    "gevent",
    "requests",
    "httpx",
    "rich",
    "yaml",
    "allure",
    "h11",
}

LOADED = """
import json, sys
from contracts.cli import main
code = main({arguments!r})
sys.stderr.write(json.dumps([code, sorted(sys.modules)]))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], [], ["no-such-command"]], ids=str)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == (0 if arguments in (["--help"], ["-h"]) else 2)
    assert HEAVY & {name.partition(".")[0] for name in modules} == set()
    assert "contracts.settings" not in modules


# --- who imports whom -------------------------------------------------------------------------


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def files(*places: str) -> list[Path]:
    found = [path for place in places for path in (ROOT / place).rglob("*.py")]
    return [path for path in found if "node_modules" not in path.parts]


def test_the_sandbox_imports_nothing_of_ours() -> None:
    ours = ("contracts", "loadtests", "tests", "benchmarks")

    shared = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files("tests/sandbox")
        for name in imported(path)
        if name.partition(".")[0] in ours and not f"{name}.".startswith("tests.sandbox.")
    }
    assert shared == set()


def test_what_judges_imports_no_witness_and_no_test() -> None:
    shared = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files("contracts", "loadtests")
        for name in imported(path)
        if name.startswith("tests.")
    }
    assert shared == set()


def test_only_scenario_and_schedule_know_locust() -> None:
    knowing = {
        str(path.relative_to(ROOT))
        for path in files("contracts", "loadtests")
        if any(name.partition(".")[0] == "locust" for name in imported(path))
    }
    assert knowing <= {"loadtests/locustfile.py", "loadtests/schedule.py"}


# --- files ------------------------------------------------------------------------------------

OWN = files("contracts", "loadtests", "tests")


def test_modules_are_named_for_what_they_hold() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "core", "manager", "base", "misc"}

    assert [path for path in OWN if {path.stem, *path.parent.parts} & empty] == []


def test_a_package_begins_with_its_docstring_alone() -> None:
    spoken = [
        path
        for path in OWN
        if path.name == "__init__.py" and len(ast.parse(path.read_text("utf-8")).body) > 1
    ]

    assert spoken == []


def test_annotations_are_read_when_they_are_written() -> None:
    assert [path for path in OWN if "__future__.annotations" in imported(path)] == []


def test_no_file_outgrows_its_subject() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in files("contracts", "loadtests", "tests", "benchmarks")
        if (count := path.read_text("utf-8").count("\n")) > 400
    }
    assert long == {}


def test_the_root_only_names_the_plugin() -> None:
    statements = ast.parse((ROOT / "conftest.py").read_text("utf-8")).body

    assert [type(one) for one in statements] == [ast.Expr, ast.Assign]
    assert 'pytest_plugins = ["contracts.pytest_plugin"]' in (ROOT / "conftest.py").read_text(
        "utf-8"
    )
