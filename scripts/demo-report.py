"""Prints the figures of a report.json of evaluate.py, which comes on standard input."""

import json
import sys

report = json.load(sys.stdin)
alarm = report["false_alarm_probability"]
for name in ("classifier", "matched_filter"):
    figures = report[name]
    print(
        f"  {name:15} AUC {figures['auc']:.4f} +- {figures['auc_error']:.4f}, "
        f"finds {figures['rate']:.1%} of the signals at a false-alarm probability of {alarm:g}"
    )
