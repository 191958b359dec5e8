"""Matched filtering of whitened data with a bank of inspirals.

The statistic of a window is the largest SNR over the bank and over the coalescence times that are searched, as in
Allen et al. 2012, Phys. Rev. D 85, 122006. In Gaussian noise of known colour and for one template it is the optimum;
over a bank it is close to it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

import physics
from files import Whitened
from physics import Binary
from spectrum import psd_on_grid

SEARCHED = (1.15, 1.85)  # s into a window: where a coalescence is looked for
LOW = 40.0  # Hz
CHIRP_MASSES = (8.7, 21.8)  # solar masses, those of 10 + 10 and of 25 + 25
SEARCH_TEMPLATES = 24  # keep at least 97 % of the SNR of any binary of 10 to 25 solar masses each
DECIMATION = 2  # the SNR is computed for every second sample, 512 Hz at 1024 Hz


def chirp_mass_bank(templates: int) -> tuple[Binary, ...]:
    """Equal-mass binaries whose Newtonian durations are evenly spaced, from long to short."""
    ends = np.array(CHIRP_MASSES) ** (-5 / 3)
    return tuple(Binary.from_chirp_mass(float(value ** (-3 / 5))) for value in np.linspace(ends[0], ends[1], templates))


@lru_cache(maxsize=4)
def bank_on_grid(bank: tuple[Binary, ...], order: int, first: int, last: int, spacing: float) -> NDArray[np.complex64]:
    """Waveforms at 1 Mpc at the frequencies `spacing` * (first ..< last), shape (templates, last - first)."""
    frequency = np.arange(first, last) * spacing
    return np.stack([physics.inspiral(frequency, binary, LOW, order) for binary in bank]).astype(np.complex64)


def snr_series(stretch: Whitened, bank: tuple[Binary, ...], order: int = 4) -> NDArray[np.float32]:
    """Matched-filter SNR of a coalescence at every second sample, shape (templates, samples / 2).

    `order` is that of the templates' phase, see `physics.taylor_f2_phase`. Both quadratures are summed, so that the
    phase is maximised over; in noise the mean square is 2.
    """
    samples = len(stretch.samples)
    spacing = stretch.sample_rate / samples
    first = int(max(LOW, stretch.low) / spacing)
    last = int(min(max(binary.isco_frequency for binary in bank), stretch.high) / spacing) + 1
    psd = psd_on_grid(stretch.psd, stretch.sample_rate, np.arange(first, last) * spacing)
    templates = bank_on_grid(bank, order, first, last, spacing) / np.sqrt(psd).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    products = np.zeros((len(bank), samples // DECIMATION), dtype=np.complex64)
    products[:, first:last] = templates.conj() * fft.rfft(stretch.samples)[first:last]
    series = fft.ifft(products, axis=1, norm="forward", overwrite_x=True)
    return np.abs(series) * np.float32(np.sqrt(2.0 / samples))


def searched_windows(series: NDArray[np.float32], stretch: Whitened) -> NDArray[np.float32]:
    """Cuts the searched part of each window out of `series`, shape (windows, templates, times)."""
    rate = stretch.sample_rate / DECIMATION
    per_window = round(stretch.window * rate)
    cut = series[:, per_window : per_window * (stretch.windows + 1)]
    cut = cut.reshape(len(series), stretch.windows, per_window).swapaxes(0, 1)
    return cut[:, :, round(SEARCHED[0] * rate) : round(SEARCHED[1] * rate)]


def loudest(stretch: Whitened, bank: tuple[Binary, ...]) -> NDArray[np.float64]:
    """The matched filter's statistic, the largest SNR of each window: shape (windows,)."""
    return searched_windows(snr_series(stretch, bank), stretch).max(axis=(1, 2)).astype(np.float64)
