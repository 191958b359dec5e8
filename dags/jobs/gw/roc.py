"""Receiver operating characteristics: areas with their covariance, thresholds and binomial intervals.

Scores have shape (n,) and labels are 1 for a signal, 0 for noise, shape (n,).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]


def midranks(values: Scores) -> Scores:
    """Ranks from 1, equal values sharing the mean of theirs; shape kept."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(sizes) - (sizes - 1) / 2.0)[group]


def auc(scores: Scores, labels: Labels) -> float:
    """Area under the curve: the chance that a signal scores above noise, a tie counting half."""
    signals = int(labels.sum())
    ranks = midranks(scores)[labels == 1].sum()
    return float((ranks - signals * (signals + 1) / 2) / (signals * (len(labels) - signals)))


def paired_auc(scores: Sequence[Scores], labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas (k,) of k classifiers on the same windows and their covariance (k, k).

    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44, 837.
    """
    signal, noise = labels == 1, labels == 0
    above_noise, below_signal = [], []
    for values in scores:
        ranks = midranks(values)
        above_noise.append((ranks[signal] - midranks(values[signal])) / noise.sum())
        below_signal.append(1.0 - (ranks[noise] - midranks(values[noise])) / signal.sum())
    areas = np.mean(above_noise, axis=1)
    covariance = np.cov(above_noise) / signal.sum() + np.cov(below_signal) / noise.sum()
    return areas, np.atleast_2d(covariance)


def curve(scores: Scores, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False-alarm probability and detection rate as the threshold falls, both from 0 to 1, a point per score value."""
    order = np.argsort(-scores, kind="stable")
    last_of_ties = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    detected = np.cumsum(labels[order])[last_of_ties]
    alarms = last_of_ties + 1 - detected
    return np.append(0.0, alarms / (labels == 0).sum()), np.append(0.0, detected / labels.sum())


def threshold(noise_scores: Scores, false_alarm: float) -> float:
    """The score that at most the fraction `false_alarm` of the noise windows exceeds."""
    allowed = int(false_alarm * len(noise_scores))
    return float(np.sort(noise_scores)[::-1][allowed])


def wilson(successes: int, trials: int, z: float = 1.0) -> tuple[float, float]:
    """Ends of the interval of z standard deviations for a binomial rate (Wilson 1927, J. Am. Stat. Assoc. 22, 209)."""
    rate = successes / trials
    centre = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)
