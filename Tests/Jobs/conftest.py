"""Makes the jobs importable and runs their programs."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

JOBS = Path(__file__).resolve().parents[2] / "dags" / "jobs" / "gw"
sys.path.insert(0, str(JOBS))

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


def environment(given: dict[str, str]) -> dict[str, str]:
    """This process's environment with no SLIPSTREAM_ variable but the given ones."""
    return {key: value for key, value in os.environ.items() if not key.startswith("SLIPSTREAM_")} | given


def run_program(name: str, *flags: object, **variables: str) -> Done:
    """Runs a job as a process of its own, as the scheduler does."""
    command = [sys.executable, str(JOBS / f"{name}.py"), *map(str, flags)]
    return subprocess.run(command, env=environment(variables), capture_output=True, text=True, check=False)


def run_job(name: str, *flags: object, **variables: str) -> Done:
    """Runs a job inside this process, which saves the second that its imports take."""
    files, module = importlib.import_module("files"), importlib.import_module(name)
    arguments = [f"{name}.py", *map(str, flags)]
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", arguments),
        mock.patch.dict(os.environ, environment(variables), clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        files.run(module.main)
    return subprocess.CompletedProcess(arguments, end.value.code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def job() -> Run:
    return run_job


@pytest.fixture(scope="session")
def program() -> Run:
    return run_program


@pytest.fixture(scope="session")
def whitened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 12 whitened files, 744 windows, with the strain beside it in `strain`."""
    folder = tmp_path_factory.mktemp("gw")
    steps = {
        "generate": (folder / "strain", "--files", 12, "--seed", 7),
        "whiten": (folder / "strain", "--output", folder / "white"),
    }
    for name, flags in steps.items():
        done = run_program(name, *flags)
        assert done.returncode == 0, done.stderr
    return folder / "white"
