"""The evaluation's report: a page of Markdown and a plot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import roc
from files import replace_file

STYLES = {
    "matched_filter": {"label": "matched filter", "color": "#444444", "marker": "s"},
    "classifier": {"label": "classifier", "color": "#d1495b", "marker": "o"},
}


@dataclass(frozen=True)
class Scored:
    """The held-out windows, all of shape (windows,): label, injected SNR and the two statistics."""

    labels: roc.Labels
    snr: roc.Scores
    classifier: roc.Scores
    matched_filter: roc.Scores


def write_markdown(path: Path, summary: dict[str, Any]) -> None:
    """Writes the report as text."""
    replace_file(path, lambda file: file.write(markdown(summary).encode()))


def markdown(summary: dict[str, Any]) -> str:
    """The report as Markdown."""
    windows, false_alarm = summary["windows"], summary["false_alarm_probability"]
    lines = [
        "# Inspirals in held-out data",
        "",
        f"{windows['signal']} windows with a signal, {windows['noise']} of noise. The threshold is for a false-alarm "
        f"probability of {false_alarm:g} per window: it lets {summary['false_alarms_allowed']} noise windows pass.",
        "",
        "| method | AUC | threshold | found |",
        "|---|---|---|---|",
    ]
    for name, style in STYLES.items():
        figures = summary[name]
        lines.append(
            f"| {style['label']} | {figures['auc']:.4f} ± {figures['auc_error']:.4f} "
            f"| {figures['threshold']:.2f} | {figures['rate']:.1%} |"
        )
    lines += [
        "",
        f"Difference of the AUCs, classifier less matched filter: {summary['auc_difference']:+.4f} ± "
        f"{summary['auc_difference_error']:.4f} (paired, DeLong 1988).",
        "",
        "| optimal SNR | injected | matched filter | classifier |",
        "|---|---|---|---|",
    ]
    for ours, optimum in zip(summary["classifier"]["by_snr"], summary["matched_filter"]["by_snr"], strict=True):
        span = f"{ours['snr_min']:.1f} to {ours['snr_max']:.1f}"
        lines.append(f"| {span} | {ours['injected']} | {interval(optimum)} | {interval(ours)} |")
    lines += ["", "Detection rates with 68 % binomial intervals (Wilson).", ""]
    lines += [f"**Implausible:** {problem}\n" for problem in summary["problems"]]
    return "\n".join(lines)


def interval(figures: dict[str, Any]) -> str:
    """A rate with its interval."""
    return f"{figures['rate']:.1%} ({figures['rate_low']:.1%} to {figures['rate_high']:.1%})"


def write_plot(path: Path, scored: Scored, summary: dict[str, Any]) -> None:
    """Writes the plot: ROC curves on the left, detection rate against SNR on the right."""
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_roc(left, scored, summary)
    plot_rates(right, summary)
    replace_file(path, lambda file: figure.savefig(file, format="png", dpi=130))


def plot_roc(axes: Axes, scored: Scored, summary: dict[str, Any]) -> None:
    """Draws both curves with the false-alarm probability on a logarithmic axis."""
    for name, style in STYLES.items():
        alarms, detected = roc.curve(getattr(scored, name), scored.labels)
        label = f"{style['label']}, AUC {summary[name]['auc']:.3f} ± {summary[name]['auc_error']:.3f}"
        axes.step(alarms, detected, where="post", color=style["color"], label=label)
    lowest = 0.5 / summary["windows"]["noise"]
    chance = np.geomspace(lowest, 1.0, 200)
    axes.plot(chance, chance, ":", color="grey", label="chance, AUC 0.5")
    axes.axvline(summary["false_alarm_probability"], color="grey", linewidth=0.8, linestyle="--")
    axes.set(xscale="log", xlim=(lowest, 1.0), ylim=(0.0, 1.02))
    axes.set(xlabel="false-alarm probability per window", ylabel="detection rate", title="ROC on held-out windows")
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)


def plot_rates(axes: Axes, summary: dict[str, Any]) -> None:
    """Draws detection rates with 68 % intervals at the mean SNR of each bin."""
    for shift, (name, style) in zip((-0.05, 0.05), STYLES.items(), strict=True):
        bins = summary[name]["by_snr"]
        rate = np.array([figures["rate"] for figures in bins])
        errors = np.abs([[figures["rate_low"], figures["rate_high"]] for figures in bins] - rate[:, None]).T
        centre = np.array([figures["snr_mean"] for figures in bins]) + shift
        axes.errorbar(
            centre, rate, errors, color=style["color"], marker=style["marker"], capsize=3, label=style["label"]
        )
    probability = f"{summary['false_alarm_probability']:g}"
    axes.set(xlabel="optimal SNR of the injection", ylabel="detection rate", ylim=(0.0, 1.05))
    axes.set_title(f"Detection rate at a false-alarm probability of {probability}")
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)
