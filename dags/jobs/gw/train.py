"""Trains a small neural network to tell windows with an inspiral from windows of noise.

Its input is a map of filter outputs (features.py) over the training files; of the held-out files nothing but their mark
is read. A fifth of the training files serves for validation. Each epoch is one pass in random order, reports the loss
and the validation AUC as metric lines, and leaves a checkpoint; a restart continues after the newest and ends with the
same model as an uninterrupted run.

Under Slipstream's Train operator the parameters are those of the flags below, with underscores.

Exit codes: 0 done, 1 data or folders are unusable, 2 wrong usage or parameters.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from contract import add_folders, checkpoints, metric, parse_options, save_checkpoint
from features import TEMPLATES, TIME_BINS, feature_map
from files import TRAIN, JobError, Whitened, read_split, run, write_json
from model import Model, write_model
from roc import auc

VALIDATION_EVERY = 5


@dataclass(frozen=True)
class Examples:
    """Features of shape (windows, features) and labels of shape (windows,), with the hash of both."""

    features: NDArray[np.float64]
    labels: NDArray[np.int64]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.features.tobytes() + self.labels.tobytes()).hexdigest()


@dataclass
class Progress:
    """The state of a training after some epochs; this is what a checkpoint holds."""

    identity: dict[str, Any]  # of parameters and data
    model: Model
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def examples(stretches: list[Whitened]) -> Examples:
    """The windows of all these stretches."""
    labels = np.concatenate([stretch.label for stretch in stretches])
    if len(np.unique(labels)) < 2:
        raise JobError("The training or validation files hold only noise or only signals; give more files.")
    return Examples(np.concatenate([feature_map(stretch) for stretch in stretches]), labels)


def load(inputs: list[Path]) -> tuple[Examples, Examples]:
    """Training and validation examples, split by file so that no stretch is in both."""
    stretches = read_split(inputs, TRAIN)
    if len(stretches) < 2:
        raise JobError("Training needs at least 2 files, one of them for validation; there is 1.")
    every = min(VALIDATION_EVERY, len(stretches))
    rest = [stretch for index, stretch in enumerate(stretches, 1) if index % every]
    return examples(rest), examples(stretches[every - 1 :: every])


def fresh(options: argparse.Namespace, training: Examples) -> Progress:
    """An untrained network."""
    classifier = MLPClassifier(
        hidden_layer_sizes=(options.hidden,),
        alpha=options.alpha,
        learning_rate_init=options.learning_rate,
        batch_size=min(options.batch, len(training.labels)),
        random_state=options.seed,
    )
    scale = training.features.std(axis=0)
    model = Model(classifier, training.features.mean(axis=0), np.where(scale > 0.0, scale, 1.0))
    return Progress(identity(options, training), model)


def identity(options: argparse.Namespace, training: Examples) -> dict[str, Any]:
    """What must be equal for a checkpoint to be continued: everything but the number of epochs."""
    names = ("hidden", "alpha", "learning_rate", "batch", "seed")
    versions = {"numpy": np.__version__, "scikit-learn": sklearn.__version__}
    return {name: getattr(options, name) for name in names} | versions | {"data": training.digest}


def resume(options: argparse.Namespace, training: Examples) -> Progress:
    """The newest checkpoint of this same training, or an untrained network."""
    start = fresh(options, training)
    for path, state in checkpoints(options.checkpoints):
        if not isinstance(state, Progress) or state.identity != start.identity:
            print(f"{path} is of other parameters or data; it is not continued.", file=sys.stderr)
        elif state.epoch <= options.epochs:
            print(f"continuing after epoch {state.epoch} from {path}", file=sys.stderr)
            return state
    return start


def advance(progress: Progress, training: Examples, validation: Examples) -> None:
    """Trains for one epoch."""
    model = progress.model
    model.classifier.partial_fit(model.standardise(training.features), training.labels, classes=classes(progress))
    progress.epoch += 1
    figures = {
        "loss": float(model.classifier.loss_),
        "validation_auc": auc(model.score(validation.features), validation.labels),
    }
    progress.history.append(figures)
    for name, value in figures.items():
        metric(name, round(value, 6), progress.epoch)


def classes(progress: Progress) -> list[int] | None:
    """The labels, which scikit-learn wants to hear at the first epoch."""
    return [0, 1] if progress.epoch == 0 else None


def publish(progress: Progress, options: argparse.Namespace, training: Examples) -> dict[str, Any]:
    """Writes the model with its description, and returns the result."""
    description = {
        "kind": "scikit-learn MLPClassifier on a map of filter outputs",
        "features": {"templates": TEMPLATES, "time_bins": TIME_BINS},
        "epochs": progress.epoch,
        "training_windows": len(training.labels),
        **progress.identity,
    }
    write_model(options.artifacts / "model.pkl", progress.model)
    write_json(options.artifacts / "model.json", description | {"history": progress.history})
    result = {
        "model": "model.pkl",
        "artifacts": ["model.pkl", "model.json"],
        "epochs": progress.epoch,
        "training_windows": len(training.labels),
        **progress.history[-1],
    }
    write_json(options.result, result)
    return result


def parser() -> argparse.ArgumentParser:
    """The flags, which are the parameters too."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of whitened files")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the data (default: %(default)s)")
    parser.add_argument("--hidden", type=int, default=16, help="neurons of the hidden layer (default: %(default)s)")
    parser.add_argument("--learning-rate", type=float, default=0.003, help="of Adam (default: %(default)s)")
    parser.add_argument("--alpha", type=float, default=1.0, help="L2 penalty (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=64, help="windows per step (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of weights and order (default: %(default)s)")
    add_folders(parser, os.environ)
    return parser


def main() -> int:
    usage = parser()
    options = parse_options(usage, os.environ, sys.argv[1:])
    rules = {
        "epochs, hidden and batch must be at least 1": min(options.epochs, options.hidden, options.batch) >= 1,
        "learning_rate must be above 0": options.learning_rate > 0,
        "alpha and seed must not be negative": options.alpha >= 0 and options.seed >= 0,
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        usage.error("; ".join(broken))
    training, validation = load([options.data])
    progress = resume(options, training)
    while progress.epoch < options.epochs:
        advance(progress, training, validation)
        save_checkpoint(options.checkpoints, progress.epoch, progress)
    result = publish(progress, options, training)
    print(f"{result['epochs']} epochs, validation AUC {result['validation_auc']:.4f}, model in {options.artifacts}")
    return 0


if __name__ == "__main__":
    run(main)
