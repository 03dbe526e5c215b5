#!/usr/bin/env bash
# sdk.sh INOS: installs the SDK's packages, builds it, checks its types and runs its tests against that server.
set -euo pipefail
. "$(dirname "$0")/common.sh"

need_node
INOS_BIN="$(realpath "${1:?the server to test against}")"
export INOS_BIN
cd sdk-ts
npm ci --ignore-scripts --no-audit --no-fund
npm test
