"""The trained classifier as one file, and how it scores windows.

The file is a pickle: load only models that you or your pipeline wrote.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from files import JobError, replace_file


@dataclass
class Model:
    """A network with the standardisation of its input."""

    classifier: MLPClassifier
    mean: NDArray[np.float64]  # (features,)
    scale: NDArray[np.float64]  # (features,)

    def standardise(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features with the training set's mean 0 and deviation 1, shape kept."""
        return (features - self.mean) / self.scale

    def score(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a signal for features of shape (windows, features): shape (windows,).

        The odds, not the probability, which is rounded to 1 for loud signals and would no longer rank them.
        """
        probability = self.classifier.predict_proba(self.standardise(features))
        tiny = np.finfo(np.float64).tiny
        return np.log(np.maximum(probability[:, 1], tiny)) - np.log(np.maximum(probability[:, 0], tiny))


def write_model(path: Path, model: Model) -> None:
    """Writes the model in one step."""
    replace_file(path, lambda file: pickle.dump(model, file))


def read_model(path: Path) -> Model:
    """Reads a model; `path` may be its folder."""
    file = path / "model.pkl" if path.is_dir() else path
    try:
        model = pickle.loads(file.read_bytes())
    except FileNotFoundError:
        raise JobError(f"There is no model at {file}; train.py writes it into its folder of artifacts.") from None
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, ValueError) as error:
        raise JobError(f"{file} is not a model of train.py ({error}); train it again.") from None
    if not isinstance(model, Model):
        raise JobError(f"{file} holds a {type(model).__name__}, not a model of train.py.")
    return model
