"""Writes simulated strain of one detector: coloured Gaussian noise of advanced LIGO with injected inspirals.

Each file is one unbroken stretch. Its noise follows the design curve; in some of its windows two black holes of 10 to
25 solar masses each (detector frame) spiral in (TaylorF2 at 2PN, from 40 Hz to the last stable orbit). The place in the
sky and the inclination are drawn isotropically, the optimal SNR log-uniformly; the distance follows from both.
Every third file is held out for the evaluation. The same seed gives the same bytes.

Exit codes: 0 done, 1 the files could not be written, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import physics
from files import HELD_OUT, TRAIN, Stretch, run, write_json, write_stretch
from physics import Binary

SAMPLE_RATE = 1024.0  # Hz; the lightest binary ends at 220 Hz
WINDOW = 2.0  # s
LOW = 40.0  # Hz, where the signals begin; the longest lasts 0.94 s from there
MASSES = (10.0, 25.0)  # solar masses
ARRIVAL = (1.2, 1.8)  # s into its window at which a signal coalesces
MARGIN = 1.0  # s around a window in which the waveform is computed
FIRST_GPS = 1_126_259_462.0


@dataclass(frozen=True)
class Injection:
    """A signal and where it lies."""

    binary: Binary
    snr: float  # optimal, with the design curve
    distance: float  # luminosity distance in Mpc
    effective_distance: float  # Mpc
    arrival: float  # s into the window
    phase: float  # rad


def coloured_noise(samples: int, sample_rate: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Stationary Gaussian noise with the design curve's spectrum, shape (samples,); it does not wrap around."""
    length = samples + round(4 * sample_rate)
    frequency = np.fft.rfftfreq(length, 1.0 / sample_rate)
    parts = random.standard_normal((2, len(frequency)))
    scale = np.sqrt(physics.design_psd(frequency) * sample_rate * length) / 2.0
    spectrum = scale * (parts[0] + 1j * parts[1])
    spectrum[0] = 0.0
    return np.fft.irfft(spectrum, length)[:samples]


def draw_injection(random: np.random.Generator, snr_range: tuple[float, float]) -> Injection:
    """Draws masses, orientation, SNR and arrival; the distance is what gives this SNR in this orientation."""
    binary = Binary(*np.sort(random.uniform(*MASSES, size=2))[::-1])
    cos_theta, cos_inclination = random.uniform(-1.0, 1.0, size=2)
    phi, psi, phase = random.uniform(0.0, 2.0 * np.pi, size=3)
    factor = physics.orientation_factor(cos_theta, phi, psi, cos_inclination)
    snr = float(np.exp(random.uniform(*np.log(snr_range))))
    frequency = np.arange(0.0, SAMPLE_RATE / 2, 0.25)
    at_one_mpc = physics.inspiral(frequency, binary, LOW)
    effective = physics.optimal_snr(at_one_mpc, physics.design_psd(frequency), 0.25) / snr
    return Injection(binary, snr, effective * factor, effective, random.uniform(*ARRIVAL), phase)


def waveform(injection: Injection, duration: float, coalescence: float, sample_rate: float) -> NDArray[np.float64]:
    """Strain over `duration` seconds of a signal that coalesces `coalescence` seconds in, shape (duration * rate,)."""
    samples = round(duration * sample_rate)
    frequency = np.fft.rfftfreq(samples, 1.0 / sample_rate)
    spectrum = physics.inspiral(frequency, injection.binary, LOW) / injection.effective_distance
    shift = np.exp(-1j * (2.0 * np.pi * frequency * coalescence + injection.phase))
    return np.fft.irfft(spectrum * shift, samples) * sample_rate


def generate(index: int, options: argparse.Namespace) -> Stretch:
    """Stretch number `index`; it depends on the seed and on this number, not on how many there are."""
    random = np.random.default_rng([options.seed, index])
    per_window = round(WINDOW * SAMPLE_RATE)
    whole = int(options.duration // WINDOW)
    strain = coloured_noise(whole * per_window, SAMPLE_RATE, random)
    gps_start = FIRST_GPS + index * whole * WINDOW
    label = (random.random(whole - 2) < options.signal_fraction).astype(np.int64)
    truth = {name: np.full(whole - 2, np.nan) for name in ("distance", "mass1", "mass2", "coalescence")}
    snr = np.zeros(whole - 2)
    margin = round(MARGIN * SAMPLE_RATE)
    for window in np.flatnonzero(label):
        injection = draw_injection(random, (options.snr_min, options.snr_max))
        begin = (window + 1) * per_window
        strain[begin - margin : begin + per_window + margin] += waveform(
            injection, WINDOW + 2 * MARGIN, MARGIN + injection.arrival, SAMPLE_RATE
        )
        snr[window] = injection.snr
        truth["distance"][window] = injection.distance
        truth["mass1"][window], truth["mass2"][window] = injection.binary.mass1, injection.binary.mass2
        truth["coalescence"][window] = gps_start + begin / SAMPLE_RATE + injection.arrival
    split = HELD_OUT if index % 3 == 2 else TRAIN
    return Stretch(gps_start, SAMPLE_RATE, WINDOW, split, strain.astype(np.float32), label, snr, **truth)


def entry(path: Path, stretch: Stretch) -> dict[str, Any]:
    """What the manifest says about a file."""
    signals = np.flatnonzero(stretch.label)
    names = ("snr", "distance", "mass1", "mass2", "coalescence")
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "gps_start": stretch.gps_start,
        "split": stretch.split,
        "windows": stretch.windows,
        "injections": [
            {"window": int(i), **{name: round(float(getattr(stretch, name)[i]), 4) for name in names}} for i in signals
        ],
    }


def manifest(options: argparse.Namespace, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The description of the whole data set."""
    return {
        "detector": "one advanced LIGO detector, design sensitivity (Ajith 2011, arXiv:1107.1267)",
        "waveform": "TaylorF2, 2PN phase (Buonanno et al. 2009, arXiv:0907.0700)",
        "horizon_mpc": {
            f"{mass:g}+{mass:g}": round(physics.horizon_distance(Binary(mass, mass)), 1) for mass in (1.4, *MASSES)
        },
        "units": {"samples": "strain", "distance": "Mpc", "mass1": "solar mass", "coalescence": "GPS s"},
        "seed": options.seed,
        "sample_rate": SAMPLE_RATE,
        "window": WINDOW,
        "lowest_frequency": LOW,
        "files": entries,
    }


def arguments() -> argparse.Namespace:
    """Parses and checks the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="folder for the .npz files and manifest.json")
    parser.add_argument("--files", type=int, default=48, help="number of files, at least 3 (default: %(default)s)")
    parser.add_argument("--duration", type=float, default=128.0, help="seconds per file (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all random numbers, from 0 (default: %(default)s)")
    parser.add_argument("--signal-fraction", type=float, default=0.4, help="of the windows (default: %(default)s)")
    parser.add_argument("--snr-min", type=float, default=4.0, help="lowest optimal SNR (default: %(default)s)")
    parser.add_argument("--snr-max", type=float, default=15.0, help="highest optimal SNR (default: %(default)s)")
    options = parser.parse_args()
    rules = {
        "--files must be at least 3, or nothing is held out": options.files >= 3,
        "--duration must be from 16 to 4096 s": 16 <= options.duration <= 4096,
        "--seed must not be negative": options.seed >= 0,
        "--signal-fraction must lie between 0 and 1": 0 < options.signal_fraction < 1,
        "--snr-min must be positive and below --snr-max": 0 < options.snr_min < options.snr_max,
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        parser.error("; ".join(broken))
    return options


def main() -> int:
    options = arguments()
    entries = []
    for index in range(options.files):
        stretch = generate(index, options)
        path = options.output / f"H-SIM-{stretch.gps_start:.0f}-{options.duration:.0f}.npz"
        write_stretch(path, stretch)
        entries.append(entry(path, stretch))
    write_json(options.output / "manifest.json", manifest(options, entries))
    signals = sum(len(item["injections"]) for item in entries)
    total = sum(item["bytes"] for item in entries)
    windows = sum(item["windows"] for item in entries)
    print(
        f"{len(entries)} files, {total / 1e6:.1f} MB: {windows} windows, {signals} with a signal, in {options.output}"
    )
    return 0


if __name__ == "__main__":
    run(main)
