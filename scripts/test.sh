#!/bin/bash
# Runs the tests: set-up, one debug build, the test targets one after the other (each runs its own tests in parallel), and the tests
# of the Python jobs. The last lines say how many tests ran, and what was skipped and why. The whole output is in .local/test.log.
#
#   scripts/test.sh                     the fast tier
#   scripts/test.sh --all               every test
#   scripts/test.sh --plain             only what is not routine, for a CI log
#   scripts/test.sh --only DAGKitTests  one target; Jobs are the Python tests
set -euo pipefail
cd "$(dirname "$0")/.."

plain=0 only= limit=600
while [ $# -gt 0 ]; do
    case $1 in
        --all) export SLIPSTREAM_TEST_ALL=1 limit=3600 ;;
        --plain) plain=1 ;;
        --only) only=${2:?--only needs the name of a test target}; shift ;;
        *) echo "usage: scripts/test.sh [--all] [--plain] [--only TARGET]" >&2; exit 2 ;;
    esac
    shift
done

mkdir -p .local
log=.local/test.log
: > "$log"

# Everything goes to the log, the screen gets what is not routine.
show() {
    local routine='^◇|^\[[0-9]+/[0-9]+\]|^↳ (Testing Library|Target Platform)'
    [ "$plain" = 0 ] || routine="$routine|^✔ (Test|Suite) |^➜ "
    tee -a "$log" | grep --line-buffered -v -E "$routine" || true
}

# A target that hangs is ended after 10 minutes (an hour with --all), and the others still run. Its output leaves it line by line: in larger blocks, lines of
# standard error would fall into the middle of others, and a crash would take the last ones with it.
run() {
    local name=$1 code=0
    shift
    [ -z "$only" ] || [ "$only" = "$name" ] || return 0
    echo "== $name" | tee -a "$log"
    timeout --kill-after=10 $limit stdbuf -oL "$@" 2>&1 | show || code=$?
    echo "== ended with code $code" >> "$log"
}

scripts/setup.sh
venv=$(scripts/python.sh)
tools=$(scripts/test-tools.sh)
export SLIPSTREAM_TEST_TOOLS=$tools SLIPSTREAM_PYTHON=$venv/bin/python
began=$SECONDS

echo "== build (debug, with tests)" | tee -a "$log"
swift build --build-tests 2>&1 | show
echo "built in $((SECONDS - began)) s"

for folder in Tests/*Tests; do
    name=$(basename "$folder")
    [ "$name" != TestServers ] || continue
    run "$name" swift test --skip-build --disable-xctest --filter "^$name\\."
done
run Jobs "$venv/bin/python" -m pytest -q -p no:cacheprovider Tests/Jobs

"$venv/bin/python" scripts/test-summary.py "$log" $((SECONDS - began))
