"""Whitens and band-passes strain, each file with the spectrum that it shows itself.

The spectrum is estimated by Welch's method with the median (spectrum.py). Before the band-pass the noise has unit
variance, and within the band it keeps that density.

Exit codes: 0 done, 1 a file is missing or broken, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from files import JobError, Stretch, Whitened, find_stretches, read_stretch, run, write_stretch
from spectrum import band_pass, estimate_psd, whiten


def process(stretch: Stretch, low: float, high: float) -> Whitened:
    """The whitened stretch with its truth carried along unread."""
    psd = estimate_psd(stretch.samples, stretch.sample_rate)
    if not np.all(psd[1:-1] > 0.0):
        raise JobError("its spectrum is zero somewhere, so it cannot be whitened; is the channel dead?")
    white = band_pass(whiten(stretch.samples, psd, stretch.sample_rate), stretch.sample_rate, low, high)
    fields = asdict(stretch) | {"samples": white.astype(np.float32)}
    return Whitened(**fields, psd=psd, low=low, high=high)


def arguments() -> argparse.Namespace:
    """Parses and checks the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", type=Path, nargs="+", help="strain files, or folders of them")
    parser.add_argument("--output", type=Path, required=True, help="folder for the whitened files, of the same names")
    parser.add_argument("--low", type=float, default=30.0, help="lower edge of the band in Hz (default: %(default)s)")
    parser.add_argument("--high", type=float, default=400.0, help="upper edge of the band in Hz (default: %(default)s)")
    options = parser.parse_args()
    if not 20.0 <= options.low < options.high:
        parser.error("--low must be at least 20 Hz and below --high")
    if options.output in options.inputs:
        parser.error("--output must not be one of the inputs, or strain would be overwritten")
    return options


def main() -> int:
    options = arguments()
    paths = find_stretches(options.inputs)
    for path in paths:
        stretch = read_stretch(path, Stretch)
        if options.high + 2.0 > stretch.sample_rate / 2:
            raise JobError(
                f"{path} has {stretch.sample_rate:g} samples a second, too few for --high {options.high:g} Hz."
            )
        try:
            white = process(stretch, options.low, options.high)
        except JobError as error:
            raise JobError(f"{path}: {error}") from None
        write_stretch(options.output / path.name, white)
    print(f"{len(paths)} files whitened between {options.low:g} and {options.high:g} Hz, in {options.output}")
    return 0


if __name__ == "__main__":
    run(main)
