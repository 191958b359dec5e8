#!/bin/bash
# Runs the tests: set-up, one debug build, `swift test`, the tests of the Python jobs. The last lines say how many tests ran, and
# what was skipped and why.
#
#   scripts/test.sh            the fast tier
#   scripts/test.sh --all      every test
#   scripts/test.sh --plain    only failures and the closing lines, for a CI log
set -euo pipefail
cd "$(dirname "$0")/.."

plain=0
for argument in "$@"; do
    case $argument in
        --all) export SLIPSTREAM_TEST_ALL=1 ;;
        --plain) plain=1 ;;
        *) echo "usage: scripts/test.sh [--all] [--plain]" >&2; exit 2 ;;
    esac
done

mkdir -p .local
log=.local/test.log
failed=()

# Everything goes to the log; the screen gets what is not routine.
show() {
    if [ "$plain" = 1 ]; then
        tee -a "$log" | grep --line-buffered -v -E '^(◇|✔ (Test|Suite) .* (passed|started)|➜|\[[0-9]+/[0-9]+\]|Build complete)' || true
    else
        tee -a "$log" | grep --line-buffered -v -E '^◇' || true
    fi
}

step() {
    echo "== $1"
    shift
    if ! "$@" 2>&1 | show; then failed+=("$1"); fi
}

: > "$log"
started=$SECONDS
scripts/setup.sh
venv=$(scripts/python.sh)
tools=$(scripts/test-tools.sh)
export SLIPSTREAM_TEST_TOOLS=$tools SLIPSTREAM_PYTHON=$venv/bin/python

echo "== build (debug, with tests)"
swift build --build-tests 2>&1 | show

# A hang is a failure too: half of what CI allows.
step "Swift tests" timeout --kill-after=10 900 swift test --skip-build --disable-xctest
step "Python tests" "$venv/bin/python" -m pytest -q -p no:cacheprovider Tests/Jobs

scripts/test-summary.sh "$log" $((SECONDS - started)) "${failed[@]-}"
