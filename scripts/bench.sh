#!/bin/sh
# Measures Slipstream against the floors of this machine: set-up, optimised build, `slipstream-bench`. The table goes to the screen,
# the JSON lines to .local/bench.jsonl. Options go to slipstream-bench, as --repetitions 10; see docs/performance.md.
set -eu
cd "$(dirname "$0")/.."

scripts/setup.sh
swift build -c release --product slipstream-bench
swift build -c release --product DAGKit
mkdir -p .local
exec "$(swift build -c release --show-bin-path)/slipstream-bench" --json .local/bench.jsonl "$@"
