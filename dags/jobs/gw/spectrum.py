"""Spectral densities of noise, and whitening with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

SEGMENT = 2.0  # s, of one periodogram
FADE = 0.5  # s, at both ends of a stretch


def estimate_psd(samples: NDArray[np.floating], sample_rate: float) -> Array:
    """One-sided spectral density (1/Hz) from 0 Hz to the Nyquist frequency, in steps of 0.5 Hz.

    The median of half-overlapping Hann-windowed periodograms: Welch 1967, IEEE Trans. Audio Electroacoust. 15, 70, with
    the median, which a signal hardly moves, and its bias as in Allen et al. 2012, Phys. Rev. D 85, 122006, appendix B.
    """
    length = round(SEGMENT * sample_rate)
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    segments = np.lib.stride_tricks.sliding_window_view(samples, length)[:: length // 2]
    detrended = segments - segments.mean(axis=1, keepdims=True, dtype=np.float64)
    periodograms = np.abs(np.fft.rfft(detrended * window)) ** 2
    psd = 2.0 * np.median(periodograms, axis=0) / (median_bias(len(segments)) * sample_rate * np.sum(window**2))
    psd[[0, -1]] /= 2.0
    return psd


def median_bias(count: int) -> float:
    """Expected median over mean of `count` exponentially distributed values; tends to log 2."""
    odd = np.arange(1, count + count % 2, dtype=np.float64)
    return float(np.sum((-1.0) ** (odd + 1.0) / odd))


def psd_on_grid(psd: Array, sample_rate: float, frequency: Array) -> Array:
    """The spectrum at other frequencies (Hz), interpolated in its square root."""
    known = np.linspace(0.0, sample_rate / 2, len(psd))
    return np.interp(frequency, known, np.sqrt(psd)) ** 2


def fade(count: int, sample_rate: float) -> Array:
    """Gain of shape (count,): rises from 0 to 1 by a cosine over `FADE` seconds, and falls likewise at the end."""
    edge = round(FADE * sample_rate)
    gain = np.ones(count)
    gain[:edge] = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / edge)
    gain[-edge:] = gain[:edge][::-1]
    return gain


def whiten(samples: NDArray[np.floating], psd: Array, sample_rate: float) -> Array:
    """Divides out the spectrum: noise of this density becomes white with unit variance, shape kept.

    About a second at either end, where the stretch is faded in and out, is not usable.
    """
    count = len(samples)
    amplitude = np.sqrt(psd_on_grid(psd, sample_rate, np.fft.rfftfreq(count, 1.0 / sample_rate)) * sample_rate / 2.0)
    return np.fft.irfft(np.fft.rfft(samples * fade(count, sample_rate)) / amplitude, count)


def band_pass(samples: NDArray[np.floating], sample_rate: float, low: float, high: float) -> Array:
    """Keeps `low` to `high` (Hz), with edges 2 Hz wide outside of them and no delay, shape kept."""
    frequency = np.fft.rfftfreq(len(samples), 1.0 / sample_rate)
    gain = np.interp(frequency, [low - 2.0, low, high, high + 2.0], [0.0, 1.0, 1.0, 0.0])
    return np.fft.irfft(np.fft.rfft(samples) * gain, len(samples))
