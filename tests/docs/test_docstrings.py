"""The examples in docstrings run, and every module, class and public function of the package says what it is for."""

from __future__ import annotations

import doctest
import importlib
import io
import os
import pkgutil
from pathlib import Path
from unittest import mock

import pytest

import klal
from klal.store.opening import open_store
from tests.serving import SECRET

# half of the modules can only be imported once Django is set up; the settings stay for the tests that share the process
with mock.patch.dict(os.environ, {"KLAL_SECRET_KEY": SECRET, "KLAL_DATABASE_URL": ""}):
    open_store()

MODULES = sorted(one.name for one in pkgutil.walk_packages(klal.__path__, "klal.") if ".migrations." not in one.name)


def examples_of(name: str) -> list[doctest.DocTest]:
    return [one for one in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)) if one.examples]


WITH_EXAMPLES = [name for name in MODULES if examples_of(name)]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)

    for one in examples_of(name):
        runner.run(one, out=report.write)

    assert runner.failures == 0, report.getvalue()


def test_there_are_examples_in_docstrings() -> None:
    assert {"klal.services.notebook", "klal.estimators.bridging", "klal.domain.privacy"} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    summary = (importlib.import_module(name).__doc__ or "").strip().splitlines()

    assert summary
    assert summary[0][0].isupper() or summary[0].startswith(("`", "klal"))
