"""What a training program and Slipstream tell each other.

In:  SLIPSTREAM_PARAMS (path of a JSON object of parameters), SLIPSTREAM_ARTIFACTS and SLIPSTREAM_CHECKPOINTS (folders).
Out: metric lines on stdout, files in the two folders, and a JSON object in the file SLIPSTREAM_RESULT.
Without these variables a program takes the same things as command-line flags.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from files import JobError, replace_file, write_json

KEPT_CHECKPOINTS = 3


def parse_options(
    parser: argparse.ArgumentParser, environment: Mapping[str, str], flags: Sequence[str]
) -> argparse.Namespace:
    """Options from the parameters file, if there is one, and from `flags`, which win."""
    path = environment.get("SLIPSTREAM_PARAMS")
    parameters = read_parameters(Path(path)) if path else {}
    known = {action.dest for action in parser._actions}
    for name in parameters.keys() - known:
        close = difflib.get_close_matches(name, known, n=1)
        parser.error(f"{path}: unknown parameter {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    given = [f"--{name.replace('_', '-')}={value}" for name, value in parameters.items() if value is not None]
    return parser.parse_args([*given, *flags])


def read_parameters(path: Path) -> dict[str, Any]:
    """The parameters file's object."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise JobError(f"SLIPSTREAM_PARAMS names {path}, which is not readable JSON: {error}") from None
    if not isinstance(value, dict):
        raise JobError(f"{path} must hold a JSON object of parameters, not a {type(value).__name__}.")
    return value


def add_folders(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Adds --artifacts, --checkpoints and --result, which default to what Slipstream says."""
    places = {
        "artifacts": ("folder for the model", "artifacts"),
        "checkpoints": ("folder to continue from and to save to", "checkpoints"),
        "result": ("file for the result", "result.json"),
    }
    for name, (purpose, fallback) in places.items():
        variable = f"SLIPSTREAM_{name.upper()}"
        default = Path(environment.get(variable) or fallback)
        parser.add_argument(
            f"--{name}", type=Path, default=default, help=f"{purpose} (default: ${variable} or {fallback})"
        )


def metric(name: str, value: float, step: int) -> None:
    """Reports one value of a metric at a step."""
    print(json.dumps({"metric": name, "value": value, "step": step}), flush=True)


def write_result(value: dict[str, Any], environment: Mapping[str, str] = os.environ) -> None:
    """Writes a program's result where Slipstream looks for it, if Slipstream runs it."""
    path = environment.get("SLIPSTREAM_RESULT")
    if path:
        write_json(Path(path), value)


def checkpoint_name(step: int) -> str:
    """File name of a step's checkpoint; names sort as steps do."""
    return f"checkpoint-{step:06d}.pkl"


def save_checkpoint(folder: Path, step: int, state: Any) -> None:
    """Saves `state` in one step, then removes those more than a few steps older."""
    replace_file(folder / checkpoint_name(step), lambda file: pickle.dump(state, file))
    for path in folder.glob("checkpoint-*.pkl"):
        if path.name <= checkpoint_name(max(step - KEPT_CHECKPOINTS, 0)):
            path.unlink(missing_ok=True)


def checkpoints(folder: Path) -> Iterator[tuple[Path, Any]]:
    """Saved states, the newest first. One that cannot be read is passed over with a line on stderr."""
    for path in sorted(folder.glob("checkpoint-*.pkl"), reverse=True):
        try:
            state = pickle.loads(path.read_bytes())
        except Exception as error:
            print(f"{path} cannot be read ({error}); an older checkpoint is used.", file=sys.stderr)
            continue
        yield path, state
