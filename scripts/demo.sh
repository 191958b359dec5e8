#!/bin/bash
# The main job from git push to a published model, all on this machine and all real: PostgreSQL, git, S3 (rclone), scheduler, worker.
# Everything is in .local/demo, made anew each time; nothing is left running, unless KEEP=1.
#
#   KEEP=1        leaves everything running and says how to use and stop it
#   BUILD=debug   uses the development build. Defaults to release.
#   BIN=FOLDER    uses programs that were built before
set -euo pipefail
cd "$(dirname "$0")/.."

configuration=${BUILD:-release}
demo=$PWD/.local/demo
keep=${KEEP:-0}
access_key=slipstream secret_key=slipstream-demo
pids=()

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

fail() {
    echo "demo: $*" >&2
    exit 1
}

# Ends what this script has started: TERM, up to 10 s of patience, KILL.
stop_all() {
    local code=$?
    trap - EXIT INT TERM
    if [ "$keep" = 1 ] && [ "$code" = 0 ]; then
        say "Still running"
        echo "  export SLIPSTREAM_DATA=$demo/data PATH=$bin:\$PATH    # then: dagctl runs list gw_training"
        echo "  API and status page: $(sed -n 's/.*"url" *: *"\([^"]*\)".*/\1/p' "$demo/data/api.json" 2>/dev/null || true)"
        echo "  push to $demo/work (git), see $demo/dagctl.log"
        echo "  stop with: kill ${pids[*]}"
        exit 0
    fi
    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -KILL "$pid" 2>/dev/null && echo "demo: process $pid did not stop by itself" >&2
    done
    exit "$code"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits up to SECONDS until a command succeeds; says what was waited for when it never does.
wait_for() {
    local seconds=$1 what=$2
    shift 2
    for _ in $(seq $((seconds * 20))); do
        "$@" >/dev/null 2>&1 && return 0
        for pid in "${pids[@]}"; do
            kill -0 "$pid" 2>/dev/null || fail "a server ended while waiting for $what; see $demo/*.log: $(tail -n 3 "$demo"/*.log)"
        done
        sleep 0.05
    done
    dagctl dags errors >&2 || true
    fail "$what did not happen within $seconds s; see $demo/*.log"
}

# Own sessions, so that Ctrl-C reaches this script only, which then stops them in order.
start() {
    local log=$1
    shift
    setsid "$@" >"$log" 2>&1 < /dev/null &
    pids+=($!)
}

json() { "$venv/bin/python" -c "import json, sys; value = json.load(sys.stdin); print($1)"; }

version_of() {
    dagctl dags show "$1" --output json 2>/dev/null | json 'value["latest_dag_version"]["version_number"], value["bundle_version"]'
}

s3() { rclone --config /dev/null "$@"; }

say "Set-up"
scripts/setup.sh
venv=$(scripts/python.sh)
bin=${BIN:-}
if [ -z "$bin" ]; then
    for product in dagctl slipstream-runner DAGKit; do swift build -c "$configuration" --product "$product" 2>&1 | tail -n 1; done
    bin=$(swift build -c "$configuration" --show-bin-path)
fi
export PATH=$bin:$venv/bin:$PATH SLIPSTREAM_PYTHON=$venv/bin/python SLIPSTREAM_DATA=$demo/data
unset SLIPSTREAM_SERVER SLIPSTREAM_TOKEN
# The exports of commits are read-only: who is not root could not remove them.
[ ! -e "$demo" ] || chmod -R u+w "$demo"
rm -rf "$demo"
mkdir -p "$demo/s3/raw" "$demo/s3/models"
began=$SECONDS

say "An S3 server (rclone) and a git repository"
# rclone reads a list, separated by commas.
RCLONE_AUTH_KEY="\"$access_key,$secret_key\"" start "$demo/s3.log" \
    "$venv/bin/rclone" --config /dev/null serve s3 --addr 127.0.0.1:0 "$demo/s3"
s3_address() { sed -n 's/.*Starting s3 server on \[\(http:[^]]*\)\].*/\1/p' "$demo/s3.log" | sed 's#/$##' | grep .; }
wait_for 10 "the start of the S3 server" s3_address
endpoint=$(s3_address)
export RCLONE_CONFIG_DEMO_TYPE=s3 RCLONE_CONFIG_DEMO_PROVIDER=Rclone RCLONE_CONFIG_DEMO_ENDPOINT=$endpoint \
    RCLONE_CONFIG_DEMO_ACCESS_KEY_ID=$access_key RCLONE_CONFIG_DEMO_SECRET_ACCESS_KEY=$secret_key
git init --quiet --bare --initial-branch=main "$demo/dags.git"
git init --quiet --initial-branch=main "$demo/work"
tar -c --exclude=__pycache__ -C dags . | tar -x -C "$demo/work"
in_work() { git -C "$demo/work" -c user.name=demo -c user.email=demo@localhost "$@"; }
push() {
    in_work add --all
    in_work commit --quiet --message "$1"
    in_work push --quiet "$demo/dags.git" main
}
push "The DAGs of the demo"
echo "S3 at $endpoint, DAGs pushed to $demo/dags.git"

say "dagctl standalone: PostgreSQL, scheduler, worker, API"
start "$demo/dagctl.log" "$bin/dagctl" standalone --data "$demo/data" --git "$demo/dags.git" --branch main --port 0
wait_for 30 "the start of dagctl standalone" test -e "$demo/data/api.json"
json '(value["minio"].update(extra=json.dumps({"endpoint_url": "'"$endpoint"'", "region_name": "us-east-1"})), json.dumps(value))[1]' \
    < connections.json > "$demo/connections.json"
chmod 600 "$demo/connections.json"
dagctl connections import "$demo/connections.json"

say "Input data: simulated strain of advanced LIGO with injected inspirals"
python "dags/jobs/gw/generate.py" "$demo/strain" --files 24 --duration 128
s3 copy --quiet "$demo/strain" DEMO:raw/strain/demo
wait_for 60 "the DAG gw_training" version_of gw_training
dagctl dags list

say "dagctl trigger gw_training --follow"
dagctl trigger gw_training --follow
run=$(dagctl runs list gw_training --limit 1 --output json | json 'value[0]["dag_run_id"]')

say "Tasks"
dagctl tasks list "gw_training/$run"

say "What was published, and how good it is"
s3 lsf --format sp --separator '  ' "DEMO:models/gw/$run" | sed "s#^ *\([0-9]*\)  #  \1 bytes  s3://models/gw/$run/#"
s3 cat "DEMO:models/gw/$run/report.json" | python scripts/demo-report.py
echo "  model: s3://models/gw/$run/model.pkl"

say "A change of a DAG file, pushed"
wait_for 10 "the DAG hello" version_of hello
before=$(version_of hello)
sed -i 's/"Greets everybody"/"Greets everybody warmly"/' "$demo/work/hello.swift"
push "Greet warmly"
pushed=$(date +%s.%N)
has_changed() { [ "$(version_of hello)" != "$before" ]; }
wait_for 15 "the new version of hello" has_changed
echo "live after $("$venv/bin/python" -c "import time; print(f'{time.time() - $pushed:.1f} s')"):"
dagctl dags show hello

say "Done in $((SECONDS - began)) s"
