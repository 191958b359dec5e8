"""Whitens and band-passes strain, each file with the spectrum that it shows itself.

The spectrum is the median of overlapping Hann-windowed periodograms (Welch 1967, IEEE Trans. Audio Electroacoust. 15, 70;
the median, which a signal hardly moves, after Allen et al. 2012, Phys. Rev. D 85, 122006). Before the band-pass the
noise has unit variance.

Exit codes: 0 done, 1 a file is missing or broken, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from files import JobError, Stretch, Whitened, find_stretches, read_stretch, run, write_stretch

PSD_SECONDS = 2.0


def estimate_psd(samples: NDArray[np.floating], sample_rate: float) -> NDArray[np.float64]:
    """One-sided spectral density (1/Hz) from 0 Hz to the Nyquist frequency, in steps of 0.5 Hz."""
    per_segment = round(PSD_SECONDS * sample_rate)
    _, psd = signal.welch(samples.astype(np.float64), sample_rate, nperseg=per_segment, average="median")
    return psd


def psd_on_grid(psd: NDArray[np.float64], sample_rate: float, frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """The spectrum at other frequencies (Hz), interpolated in its square root."""
    known = np.linspace(0.0, sample_rate / 2, len(psd))
    return np.interp(frequency, known, np.sqrt(psd)) ** 2


def whiten(
    samples: NDArray[np.floating], psd: NDArray[np.float64], sample_rate: float
) -> NDArray[np.float64]:
    """Divides out the spectrum: noise of this density becomes white with unit variance, shape kept.

    The first and last half second, where the stretch is faded in and out, are not usable.
    """
    faded = samples * signal.windows.tukey(len(samples), alpha=sample_rate / len(samples))
    frequency = fft.rfftfreq(len(samples), 1.0 / sample_rate)
    amplitude = np.sqrt(psd_on_grid(psd, sample_rate, frequency) * sample_rate / 2.0)
    return fft.irfft(fft.rfft(faded) / amplitude, len(samples))


def band_pass(samples: NDArray[np.float64], sample_rate: float, low: float, high: float) -> NDArray[np.float64]:
    """Keeps `low` to `high` (Hz) with edges 2 Hz wide outside of them and no delay, shape kept."""
    frequency = fft.rfftfreq(len(samples), 1.0 / sample_rate)
    gain = np.interp(frequency, [low - 2.0, low, high, high + 2.0], [0.0, 1.0, 1.0, 0.0])
    return fft.irfft(fft.rfft(samples) * gain, len(samples))


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
            raise JobError(f"{path} has {stretch.sample_rate:g} samples a second, too few for --high {options.high:g} Hz.")
        try:
            white = process(stretch, options.low, options.high)
        except JobError as error:
            raise JobError(f"{path}: {error}") from None
        write_stretch(options.output / path.name, white)
    print(f"{len(paths)} files whitened between {options.low:g} and {options.high:g} Hz, in {options.output}")
    return 0


if __name__ == "__main__":
    run(main)
