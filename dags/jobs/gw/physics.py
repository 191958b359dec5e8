"""Detector noise and inspiral waveforms, in SI units unless a name says otherwise.

Sources:
    Ajith 2011, Phys. Rev. D 84, 084037 (arXiv:1107.1267): the analytic fit of the noise curve.
    LIGO-T0900288: the tabulated advanced LIGO design curve, "zero detuning, high power".
    Buonanno et al. 2009, Phys. Rev. D 80, 084043 (arXiv:0907.0700), Eq. (3.18): TaylorF2.
    Allen et al. 2012, Phys. Rev. D 85, 122006 (gr-qc/0509116): amplitude, effective distance, SNR.
    Finn & Chernoff 1993, Phys. Rev. D 47, 2198 (gr-qc/9301003): antenna pattern of one detector.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

GRAVITATIONAL_CONSTANT = 6.67430e-11  # m^3 kg^-1 s^-2, CODATA 2018
SPEED_OF_LIGHT = 299_792_458.0  # m/s
SOLAR_MASS = 1.98841e30  # kg
SOLAR_MASS_SECONDS = GRAVITATIONAL_CONSTANT * SOLAR_MASS / SPEED_OF_LIGHT**3
MEGAPARSEC_SECONDS = 3.0856775814913673e22 / SPEED_OF_LIGHT

FIT_LOWEST_FREQUENCY = 20.0  # Hz; above it the fit is within 2 % of the tabulated amplitude


@dataclass(frozen=True)
class Binary:
    """Two point masses without spin: detector-frame masses in solar masses."""

    mass1: float
    mass2: float

    @property
    def total(self) -> float:
        """Total mass in solar masses."""
        return self.mass1 + self.mass2

    @property
    def eta(self) -> float:
        """Symmetric mass ratio, 1/4 for equal masses."""
        return self.mass1 * self.mass2 / self.total**2

    @property
    def chirp_mass(self) -> float:
        """Chirp mass in solar masses."""
        return self.eta**0.6 * self.total

    @property
    def isco_frequency(self) -> float:
        """Gravitational-wave frequency in Hz at the innermost stable circular orbit (r = 6 M)."""
        return 1.0 / (6.0**1.5 * np.pi * self.total * SOLAR_MASS_SECONDS)

    @classmethod
    def from_chirp_mass(cls, chirp_mass: float, eta: float = 0.25) -> Binary:
        """The binary of this chirp mass (solar masses) and symmetric mass ratio."""
        total = chirp_mass / eta**0.6
        difference = np.sqrt(1.0 - 4.0 * eta)
        return cls(total * (1.0 + difference) / 2.0, total * (1.0 - difference) / 2.0)


def design_psd(frequency: Array | float) -> Array:
    """One-sided noise power spectral density of advanced LIGO at design sensitivity, in 1/Hz.

    Ajith's fit to the zero-detuning, high-power curve. Below 20 Hz, where the fit leaves the curve, the value at 20 Hz
    is returned: nothing here looks there.
    """
    x = np.maximum(np.asarray(frequency, dtype=np.float64), FIT_LOWEST_FREQUENCY) / 245.4
    return 1e-48 * (0.0152 * x**-4 + 0.2935 * x ** (9 / 4) + 2.7951 * x ** (3 / 2) - 6.5080 * x ** (3 / 4) + 17.7622)


def chirp_time(chirp_mass: float, frequency: float) -> float:
    """Seconds from `frequency` (Hz) to coalescence at Newtonian order; chirp mass in solar masses."""
    mass = chirp_mass * SOLAR_MASS_SECONDS
    return 5.0 / 256.0 * mass ** (-5 / 3) * (np.pi * frequency) ** (-8 / 3)


def taylor_f2_phase(frequency: Array, binary: Binary, order: int = 4) -> Array:
    """Stationary phase in radians for coalescence at time and phase zero, to (v/c)**order; order 4 is 2PN, 0 Newtonian.

    `frequency` is in Hz and positive, of any shape. For numpy's transform, exp(-2 pi i f t), the waveform is
    amplitude * exp(-1j * phase).
    """
    eta = binary.eta
    v = np.cbrt(np.pi * binary.total * SOLAR_MASS_SECONDS * frequency)
    coefficients = (
        1.0,
        0.0,
        20.0 / 9.0 * (743.0 / 336.0 + 11.0 / 4.0 * eta),
        -16.0 * np.pi,
        10.0 * (3058673.0 / 1016064.0 + 5429.0 / 1008.0 * eta + 617.0 / 144.0 * eta**2),
    )
    series = sum(coefficient * v**power for power, coefficient in enumerate(coefficients[: order + 1]))
    return -np.pi / 4.0 + 3.0 / (128.0 * eta) * v**-5 * series


def band_window(frequency: Array, low: float, high: float) -> Array:
    """Gain between 0 and 1: rises by a cosine over 15 % above `low` and falls over the 10 % below `high` (Hz).

    Sharp edges would ring for seconds in the time domain, beyond the window that holds the signal.
    """
    rise = np.clip((frequency - low) / (0.15 * low), 0.0, 1.0)
    fall = np.clip((high - frequency) / (0.10 * high), 0.0, 1.0)
    return 0.25 * (1.0 - np.cos(np.pi * rise)) * (1.0 - np.cos(np.pi * fall))


def inspiral(frequency: Array, binary: Binary, low: float, order: int = 4) -> NDArray[np.complex128]:
    """Fourier transform (strain / Hz) of an optimally placed binary at 1 Mpc, between `low` and its last stable orbit.

    `frequency` is in Hz, shape (n,), and so is the result. The coalescence is at time zero.
    """
    waveform = np.zeros(frequency.shape, dtype=np.complex128)
    inside = (frequency > low) & (frequency < binary.isco_frequency)
    f = frequency[inside]
    chirp = (binary.chirp_mass * SOLAR_MASS_SECONDS) ** (5 / 6)
    amplitude = np.sqrt(5.0 / 24.0) * np.pi ** (-2 / 3) / MEGAPARSEC_SECONDS * chirp * f ** (-7 / 6)
    amplitude = amplitude * band_window(f, low, binary.isco_frequency)
    waveform[inside] = amplitude * np.exp(-1j * taylor_f2_phase(f, binary, order))
    return waveform


def optimal_snr(waveform: NDArray[np.complex128], psd: Array, spacing: float) -> float:
    """Optimal signal-to-noise ratio, sqrt(4 * integral |h|^2 / S df); both arrays on one grid of `spacing` Hz."""
    return float(np.sqrt(4.0 * spacing * np.sum(np.abs(waveform) ** 2 / psd)))


def horizon_distance(binary: Binary, threshold: float = 8.0) -> float:
    """Distance in Mpc at which an optimally placed binary has this SNR between 20 Hz and its last stable orbit."""
    frequency = np.linspace(FIT_LOWEST_FREQUENCY, binary.isco_frequency, 200_000)
    chirp = (binary.chirp_mass * SOLAR_MASS_SECONDS) ** (5 / 6)
    amplitude = np.sqrt(5.0 / 24.0) * np.pi ** (-2 / 3) * chirp * frequency ** (-7 / 6) / MEGAPARSEC_SECONDS
    return float(np.sqrt(4.0 * np.trapezoid(amplitude**2 / design_psd(frequency), frequency)) / threshold)


def orientation_factor(cos_theta: float, phi: float, psi: float, cos_inclination: float) -> float:
    """Ratio, at most 1, of distance to effective distance for a source at (theta, phi) with polarisation angle psi."""
    c2 = 0.5 * (1.0 + cos_theta**2) * np.cos(2 * phi)
    s2 = cos_theta * np.sin(2 * phi)
    plus = c2 * np.cos(2 * psi) - s2 * np.sin(2 * psi)
    cross = c2 * np.sin(2 * psi) + s2 * np.cos(2 * psi)
    return float(np.hypot(plus * 0.5 * (1.0 + cos_inclination**2), cross * cos_inclination))
