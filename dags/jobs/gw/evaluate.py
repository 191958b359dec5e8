"""Judges a trained model on the held-out files, beside a matched filter on the same windows.

The matched filter searches a bank of 24 templates (TaylorF2 at 2PN, equal masses) over coalescence time and phase and
takes the loudest SNR; it knows the colour of the noise from the data only, as the classifier does. The bank keeps at
least 97 % of any injected signal's SNR, so this is close to the best that can be done.

Writes report.json, report.md and roc.png.

Exit codes: 0 done, 1 data or model are unusable, 2 wrong usage, 3 the figures are implausible: the AUC is below 0.55,
or above the matched filter's by more than 3 standard deviations (the report is written all the same).
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import report
import roc
from contract import write_result
from features import feature_map
from files import HELD_OUT, JobError, Whitened, read_split, run, write_json
from filters import SEARCH_TEMPLATES, chirp_mass_bank, loudest
from model import Model, read_model

SNR_EDGES = (0.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, np.inf)
LEAST_AUC = 0.55
MOST_SIGMA = 3.0


def scores(model: Model, stretches: list[Whitened]) -> report.Scored:
    """Both statistics for every held-out window."""
    bank = chirp_mass_bank(SEARCH_TEMPLATES)
    return report.Scored(
        labels=np.concatenate([stretch.label for stretch in stretches]),
        snr=np.concatenate([stretch.snr for stretch in stretches]),
        classifier=np.concatenate([model.score(feature_map(stretch)) for stretch in stretches]),
        matched_filter=np.concatenate([loudest(stretch, bank) for stretch in stretches]),
    )


def rates(values: roc.Scores, scored: report.Scored, false_alarm: float) -> dict[str, Any]:
    """Threshold, and detection rate per bin of injected SNR with the ends of its 68 % interval."""
    limit = roc.threshold(values[scored.labels == 0], false_alarm)
    bins = []
    for low, high in pairwise(SNR_EDGES):
        inside = (scored.labels == 1) & (scored.snr >= low) & (scored.snr < high)
        if inside.any():
            found, trials = int((values[inside] > limit).sum()), int(inside.sum())
            lower, upper = roc.wilson(found, trials)
            snr = scored.snr[inside]
            bins.append(
                {
                    "snr_min": max(low, round(float(snr.min()), 2)),
                    "snr_max": min(high, round(float(snr.max()), 2)),
                    "snr_mean": round(float(snr.mean()), 2),
                    "injected": trials,
                    "found": found,
                    "rate": round(found / trials, 4),
                    "rate_low": round(lower, 4),
                    "rate_high": round(upper, 4),
                }
            )
    found = values[scored.labels == 1] > limit
    return {"threshold": round(limit, 4), "rate": round(float(found.mean()), 4), "by_snr": bins}


def summarise(scored: report.Scored, false_alarm: float) -> dict[str, Any]:
    """All figures of the report."""
    noise = int((scored.labels == 0).sum())
    signals = int((scored.labels == 1).sum())
    if signals < 2 or noise * false_alarm < 1:
        raise JobError(
            f"A false-alarm probability of {false_alarm:g} needs 2 signals and {1 / false_alarm:.0f} windows of noise "
            f"among the held-out; there are {signals} and {noise}. Generate more files or raise --false-alarm."
        )
    areas, covariance = roc.paired_auc([scored.classifier, scored.matched_filter], scored.labels)
    deviation = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0.0)))
    names = ("classifier", "matched_filter")
    methods = {
        name: {"auc": round(float(areas[i]), 4), "auc_error": round(float(np.sqrt(covariance[i, i])), 4)}
        | rates(getattr(scored, name), scored, false_alarm)
        for i, name in enumerate(names)
    }
    return {
        "windows": {"noise": noise, "signal": signals},
        "false_alarm_probability": false_alarm,
        "false_alarms_allowed": int(noise * false_alarm),
        "auc_difference": round(float(areas[0] - areas[1]), 4),
        "auc_difference_error": round(deviation, 4),
        **methods,
        "problems": problems(float(areas[0]), float(areas[1]), deviation),
    }


def problems(classifier: float, matched_filter: float, deviation: float) -> list[str]:
    """Sentences on what cannot be right with these areas."""
    found = []
    if classifier < LEAST_AUC:
        found.append(f"The classifier's AUC of {classifier:.3f} is below {LEAST_AUC}: it has learnt nothing.")
    if classifier - matched_filter > MOST_SIGMA * deviation:
        found.append(
            f"The classifier's AUC of {classifier:.4f} is above the matched filter's {matched_filter:.4f} by more than "
            f"{MOST_SIGMA:g} x {deviation:.4f}: look for a leak of labels, or a broken filter."
        )
    return found


def arguments() -> argparse.Namespace:
    """Parses and checks the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of whitened files")
    parser.add_argument("--model", type=Path, required=True, help="model.pkl, or the folder that holds it")
    parser.add_argument("--output", type=Path, required=True, help="folder for the report")
    parser.add_argument(
        "--false-alarm", type=float, default=0.01, help="false-alarm probability per window (default: %(default)s)"
    )
    options = parser.parse_args()
    if not 0.0 < options.false_alarm < 1.0:
        parser.error("--false-alarm must lie between 0 and 1")
    return options


def main() -> int:
    options = arguments()
    scored = scores(read_model(options.model), read_split([options.data], HELD_OUT))
    summary = summarise(scored, options.false_alarm)
    write_json(options.output / "report.json", summary)
    report.write_markdown(options.output / "report.md", summary)
    report.write_plot(options.output / "roc.png", scored, summary)
    write_result({name: summary[name]["auc"] for name in ("classifier", "matched_filter")} | {"report": "report.json"})
    for name in ("classifier", "matched_filter"):
        figures = summary[name]
        print(
            f"{name}: AUC {figures['auc']:.4f} +- {figures['auc_error']:.4f}, "
            f"{figures['rate']:.1%} found at a false-alarm probability of {options.false_alarm:g}"
        )
    for problem in summary["problems"]:
        print(f"evaluate.py: {problem}", file=sys.stderr)
    return 3 if summary["problems"] else 0


if __name__ == "__main__":
    run(main)
