"""The programs as the scheduler runs them: whole chain, restarts, and bad input."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import contract
import evaluate
import files
import numpy as np
import pytest
import roc
from conftest import JOBS, Run
from features import feature_map
from files import HELD_OUT, TRAIN, Stretch, Whitened
from model import read_model


def train(job: Run, folder: Path, data: Path, **parameters: object) -> dict[str, object]:
    """Trains under the contract with Slipstream and returns the result."""
    folder.mkdir(exist_ok=True)
    (folder / "params.json").write_text(json.dumps({"data": str(data)} | parameters))
    done = job("train", **environment(folder))
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "result.json").read_text()) | {"stdout": done.stdout, "stderr": done.stderr}


def environment(folder: Path) -> dict[str, str]:
    names = {"PARAMS": "params.json", "ARTIFACTS": "artifacts", "CHECKPOINTS": "checkpoints", "RESULT": "result.json"}
    return {f"SLIPSTREAM_{name}": str(folder / file) for name, file in names.items()}


@pytest.fixture(scope="module")
def trained(program: Run, whitened: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished training of 8 epochs."""
    folder = tmp_path_factory.mktemp("trained")
    train(program, folder, whitened, epochs=8)
    return folder


def test_the_classifier_learns_and_stays_below_the_matched_filter(
    program: Run, whitened: Path, trained: Path, tmp_path: Path
) -> None:
    done = program("evaluate", "--data", whitened, "--model", trained / "artifacts", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["classifier"]["auc"] > 0.8
    assert 0.93 < report["matched_filter"]["auc"] < 1.0
    assert report["auc_difference"] < 3 * report["auc_difference_error"]
    rates = [figures["rate"] for figures in report["matched_filter"]["by_snr"]]
    assert rates[0] < 0.7 and rates[-1] == 1.0
    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")
    assert "| matched filter |" in (tmp_path / "report.md").read_text()


def kill_after_epoch(folder: Path, epoch: int) -> None:
    """Starts the training and kills it as soon as it reports the end of this epoch."""
    command = [sys.executable, str(JOBS / "train.py")]
    with subprocess.Popen(command, env=os.environ | environment(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if f'"step": {epoch}}}' in line)
        process.kill()


def test_a_killed_training_restarts_and_ends_with_the_model_of_an_uninterrupted_run(
    program: Run, whitened: Path, trained: Path, tmp_path: Path
) -> None:
    (tmp_path / "params.json").write_text(json.dumps({"data": str(whitened), "epochs": 8}))
    kill_after_epoch(tmp_path, 4)
    (tmp_path / "checkpoints" / "checkpoint-000099.pkl").write_bytes(b"cut off")
    restarted = train(program, tmp_path, whitened, epochs=8)
    assert "checkpoint-000099.pkl cannot be read" in restarted["stderr"]
    assert "continuing after epoch" in restarted["stderr"]
    assert (tmp_path / "result.json").read_bytes() == (trained / "result.json").read_bytes()
    features = np.random.default_rng(0).uniform(1.0, 8.0, (50, 56))
    ours, theirs = (read_model(folder / "artifacts").score(features) for folder in (tmp_path, trained))
    np.testing.assert_array_equal(ours, theirs)


def test_old_checkpoints_are_removed_and_others_do_not_displace_new_ones(tmp_path: Path) -> None:
    contract.save_checkpoint(tmp_path, 50, "another training")
    for step in range(1, 7):
        contract.save_checkpoint(tmp_path, step, step)
    assert [state for _, state in contract.checkpoints(tmp_path)] == ["another training", 6, 5, 4]


def test_checkpoints_of_other_parameters_are_not_continued(job: Run, whitened: Path, tmp_path: Path) -> None:
    train(job, tmp_path, whitened, epochs=2)
    result = train(job, tmp_path, whitened, epochs=1, seed=2)
    assert "other parameters" in result["stderr"] and result["epochs"] == 1


def test_metrics_are_one_json_object_a_line(job: Run, whitened: Path, tmp_path: Path) -> None:
    lines = train(job, tmp_path, whitened, epochs=3)["stdout"].splitlines()
    metrics = [json.loads(line) for line in lines if line.startswith("{")]
    assert [(item["metric"], item["step"]) for item in metrics] == [
        (name, step) for step in (1, 2, 3) for name in ("loss", "validation_auc")
    ]
    losses = [item["value"] for item in metrics if item["metric"] == "loss"]
    assert losses == sorted(losses, reverse=True)


def test_the_same_seed_gives_the_same_files(job: Run, tmp_path: Path) -> None:
    for name, files_wanted in (("a", 3), ("b", 4)):
        assert job("generate", tmp_path / name, "--files", files_wanted, "--duration", 16).returncode == 0
    a, b = (json.loads((tmp_path / name / "manifest.json").read_text())["files"] for name in "ab")
    assert a == b[:3]


def test_distances_explain_the_injected_snr(whitened: Path) -> None:
    for path in files.find_stretches([whitened.parent / "strain"]):
        stretch = files.read_stretch(path, Stretch)
        signal = stretch.label == 1
        assert np.all((stretch.snr[signal] >= 4) & (stretch.snr[signal] <= 15)) and np.all(stretch.snr[~signal] == 0)
        assert np.all((stretch.distance[signal] > 1) & (stretch.distance[signal] < 6000))
        offset = (stretch.coalescence[signal] - stretch.gps_start) % stretch.window
        assert np.all((offset >= 1.2) & (offset <= 1.8))


def test_held_out_files_do_not_reach_the_training(job: Run, whitened: Path, trained: Path, tmp_path: Path) -> None:
    """Their samples and labels are spoilt; the result stays the same."""
    shutil.copytree(whitened, tmp_path / "white")
    for path in files.find_stretches([tmp_path / "white"]):
        if files.split_of(path) == HELD_OUT:
            stretch = files.read_stretch(path, Whitened)
            files.write_stretch(path, replace(stretch, samples=-stretch.samples, label=1 - stretch.label))
    result = train(job, tmp_path, tmp_path / "white", epochs=8)
    assert result["loss"] == json.loads((trained / "result.json").read_text())["loss"]


def test_a_model_that_knows_nothing_is_refused(job: Run, whitened: Path, trained: Path, tmp_path: Path) -> None:
    model = read_model(trained / "artifacts")
    model.scale = model.scale * -1.0
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    done = job("evaluate", "--data", whitened, "--model", tmp_path, "--output", tmp_path / "report")
    assert done.returncode == 3
    assert "has learnt nothing" in done.stderr
    assert (tmp_path / "report" / "report.json").exists()


def test_a_model_that_beats_the_matched_filter_is_refused(whitened: Path, trained: Path) -> None:
    stretches = files.read_split([whitened], HELD_OUT)
    scored = evaluate.scores(read_model(trained / "artifacts"), stretches)
    broken = replace(scored, matched_filter=np.random.default_rng(0).permutation(scored.matched_filter))
    assert evaluate.summarise(scored, 0.01)["problems"] == []
    assert "a leak of labels, or a broken filter" in evaluate.summarise(broken, 0.01)["problems"][0]


def test_features_follow_the_signals(whitened: Path) -> None:
    stretch = files.read_split([whitened], TRAIN)[0]
    loudest = feature_map(stretch).max(axis=1)
    assert roc.auc(loudest, stretch.label) > 0.85


BAD_INPUT = {
    "a folder that is empty": ("whiten", ["{empty}", "--output", "{out}"], 1, "There is no .npz file"),
    "a file that is missing": ("whiten", ["{empty}/x.npz", "--output", "{out}"], 1, "does not exist"),
    "a file that is cut off": ("whiten", ["{cut}", "--output", "{out}"], 1, "cannot be read as .npz"),
    "a file that is not finite": ("whiten", ["{nan}", "--output", "{out}"], 1, "not finite"),
    "strain to train on": ("train", ["--data", "{strain}"], 1, "run whiten.py first"),
    "a band that is empty": (
        "whiten",
        ["{strain}", "--output", "{out}", "--low", "90", "--high", "80"],
        2,
        "below --high",
    ),
    "no model": ("evaluate", ["--data", "{white}", "--model", "{empty}", "--output", "{out}"], 1, "There is no model"),
    "no epochs": ("train", ["--data", "{white}", "--epochs", "0"], 2, "epochs"),
    "too few files": ("generate", ["{out}", "--files", "2"], 2, "held out"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_gets_a_sentence(case: str, job: Run, whitened: Path, tmp_path: Path) -> None:
    strain = whitened.parent / "strain"
    first = files.find_stretches([strain])[0]
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.npz").write_bytes(first.read_bytes()[:100_000])
    stretch = files.read_stretch(first, Stretch)
    files.write_stretch(tmp_path / "nan.npz", replace(stretch, samples=np.full_like(stretch.samples, np.nan)))
    places = {name: str(tmp_path / name) for name in ("empty", "out")} | {"strain": str(strain), "white": str(whitened)}
    places |= {name: str(tmp_path / f"{name}.npz") for name in ("cut", "nan")}
    name, flags, code, sentence = BAD_INPUT[case]
    done = job(name, *(flag.format(**places) for flag in flags))
    assert done.returncode == code and sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"data": "x", "epoch": 3}', "did you mean 'epochs'?"),
        ('{"data": "x", "epochs": "many"}', "invalid int value: 'many'"),
        ("[1]", "must hold a JSON object"),
        ('{"data"', "not readable JSON"),
    ],
)
def test_bad_parameters_get_a_sentence(content: str, sentence: str, job: Run, tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text(content)
    done = job("train", **environment(tmp_path))
    assert done.returncode in (1, 2) and sentence in done.stderr
    assert "Traceback" not in done.stderr
