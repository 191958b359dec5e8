"""What the classifier sees of a window: a coarse map of filter outputs over template and time.

The filters have Newtonian phase and there are few of them, so that no one of them fits a signal well; which patterns
in the map mean a signal is left to the training.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from files import Whitened
from filters import chirp_mass_bank, searched_windows, snr_series

TEMPLATES = 8
TIME_BINS = 7  # of 0.1 s


def feature_map(stretch: Whitened) -> NDArray[np.float64]:
    """Loudest filter output per template and time bin, shape (windows, TEMPLATES * TIME_BINS)."""
    outputs = searched_windows(snr_series(stretch, chirp_mass_bank(TEMPLATES), order=0), stretch)
    bins = np.array_split(outputs, TIME_BINS, axis=2)
    loudest = np.stack([part.max(axis=2) for part in bins], axis=2)
    return loudest.reshape(stretch.windows, -1).astype(np.float64)
