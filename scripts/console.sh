#!/usr/bin/env bash
# console.sh [INOS]: builds the console, which the server embeds when it is built next; with a server, checks and tests it
# in Chromium against that.
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_node

quietly=(--ignore-scripts --no-audit --no-fund --loglevel=error)

# The console is built on the library as it would be published.
build_sdk() {
    cd sdk-ts
    npm ci "${quietly[@]}"
    npm run --silent build
}

[ -n "${1:-}" ] && INOS_BIN="$(realpath "$1")" && export INOS_BIN
(build_sdk)
cd web-console
npm ci "${quietly[@]}"
if [ -n "${INOS_BIN:-}" ]; then
    npm test
else
    npm run --silent build
fi
