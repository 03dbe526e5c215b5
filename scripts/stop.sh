#!/usr/bin/env bash
# Stops the server that `make run` left up; it ends what it is running first.
set -euo pipefail
. "$(dirname "$0")/common.sh"

pid_file="${INOS_DATA_DIR:-./inos-data}/serve.pid"
[ -r "$pid_file" ] || die "no server was started by make run ($pid_file is missing)"
pid="$(cat "$pid_file")"
# The number may have gone to somebody else after a restart of the machine.
if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != inos ]; then
    rm -f "$pid_file"
    echo "it was not running" >&2
    exit 0
fi
kill -TERM "$pid"
for _ in $(seq 600); do
    if ! kill -0 "$pid" 2>/dev/null; then
        rm -f "$pid_file"
        echo "stopped" >&2
        exit 0
    fi
    sleep 0.1
done
die "process $pid has not ended after 60 s"
