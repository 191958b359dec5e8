"""The files that the jobs exchange: stretches of strain and of whitened data, one .npz each, and JSON.

Every file is written under another name first and moved into place, so that a reader never sees half of it.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

TRAIN = "train"
HELD_OUT = "held_out"


class JobError(Exception):
    """What happened, where, and what to do about it, in a sentence for the user."""


@dataclass(frozen=True)
class Stretch:
    """An unbroken stretch of detector data, cut into windows of equal length.

    The first and the last window are guards: filters ring there, so nothing is injected in them or looked for. The
    arrays of truth therefore hold `windows` = (number of whole windows - 2) entries. They are read to train and to
    judge, never to whiten.
    """

    gps_start: float  # s
    sample_rate: float  # Hz
    window: float  # s
    split: str  # "train" or "held_out"
    samples: NDArray[np.float32]  # (n,): strain, or whitened data in units of its standard deviation
    label: NDArray[np.int64]  # (windows,): 1 where a signal was injected
    snr: NDArray[np.float64]  # (windows,): optimal SNR with the design curve, 0 for noise
    distance: NDArray[np.float64]  # (windows,): luminosity distance in Mpc, NaN for noise
    mass1: NDArray[np.float64]  # (windows,): detector-frame solar masses, NaN for noise
    mass2: NDArray[np.float64]
    coalescence: NDArray[np.float64]  # (windows,): GPS seconds, NaN for noise

    @property
    def windows(self) -> int:
        """Number of windows that are searched."""
        return len(self.label)


@dataclass(frozen=True)
class Whitened(Stretch):
    """A stretch after whitening, with the spectrum that was divided out."""

    psd: NDArray[np.floating]  # (bins,): one-sided, 1/Hz, from 0 Hz to the Nyquist frequency
    low: float  # Hz, pass band
    high: float  # Hz


AnyStretch = TypeVar("AnyStretch", bound=Stretch)


def replace_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes `path` so that it is either the old or the new file, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as JSON; NaN, which JSON does not have, is refused."""
    text = json.dumps(value, indent=2, allow_nan=False) + "\n"
    replace_file(path, lambda file: file.write(text.encode()))


def write_stretch(path: Path, stretch: Stretch) -> None:
    """Writes a stretch as .npz; the same stretch always gives the same bytes."""
    values = {field.name: getattr(stretch, field.name) for field in fields(stretch)}
    replace_file(path, lambda file: np.savez(file, **values))


def read_stretch(path: Path, kind: type[AnyStretch]) -> AnyStretch:
    """Reads a stretch of this kind and checks that it is whole and finite."""
    try:
        with np.load(path, allow_pickle=False) as file:
            stretch = kind(**{field.name: plain(file[field.name]) for field in fields(kind)})
    except KeyError as error:
        wanted = "whitened data; run whiten.py first" if kind is Whitened else "strain as generate.py writes it"
        raise JobError(f"{path} has no {error.args[0]!r}, so it is not {wanted}.") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise JobError(f"{path} cannot be read as .npz ({error}); fetch or write it again.") from None
    check(path, stretch)
    return stretch


def read_split(inputs: Sequence[Path], split: str) -> list[Whitened]:
    """The whitened stretches of one split. Of other files nothing but the name of their split is read."""
    paths = find_stretches(inputs)
    chosen = [path for path in paths if split_of(path) == split]
    if not chosen:
        raise JobError(f"None of the {len(paths)} files in {', '.join(map(str, inputs))} is marked {split!r}.")
    return [read_stretch(path, Whitened) for path in chosen]


def split_of(path: Path) -> str:
    """The split that a file belongs to."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return str(file["split"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise JobError(f"{path} cannot be read as .npz with a split ({error}); fetch or write it again.") from None


def plain(value: NDArray[Any]) -> Any:
    """A Python scalar for an array without dimensions, else the array."""
    return value.item() if value.ndim == 0 else value


def check(path: Path, stretch: Stretch) -> None:
    """Raises `JobError` if the samples are not finite or do not fit the windows."""
    expected = (stretch.windows + 2) * round(stretch.window * stretch.sample_rate)
    if stretch.samples.shape != (expected,):
        raise JobError(
            f"{path} has samples of shape {stretch.samples.shape}; its {stretch.windows} windows need {expected}."
        )
    if not np.all(np.isfinite(stretch.samples)):
        raise JobError(f"{path} contains samples that are not finite numbers; leave the file out or write it again.")


def find_stretches(inputs: Sequence[Path]) -> list[Path]:
    """The .npz files among `inputs` and in folders among them, sorted by name."""
    paths = [path for given in inputs for path in (given.glob("*.npz") if given.is_dir() else [given])]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise JobError(f"{missing[0]} does not exist.")
    visible = [path for path in paths if not path.name.startswith(".")]
    if not visible:
        raise JobError(f"There is no .npz file in {', '.join(map(str, inputs))}.")
    return sorted(visible, key=lambda path: path.name)


def run(main: Callable[[], int]) -> None:
    """Ends the program with `main`'s exit code; a `JobError` or a failing disk is one sentence on stderr and code 1."""
    try:
        sys.exit(main())
    except (JobError, OSError) as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        sys.exit(1)
