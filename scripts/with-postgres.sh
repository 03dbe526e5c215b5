# shellcheck shell=bash
# Gives the sourcing script a Postgres until it ends: INOS_TEST_POSTGRES_URL. Sourced after common.sh.

postgres_dir="$(mktemp -d "${TMPDIR:-/tmp}/inos-postgres.XXXXXX")"
# The mode of a folder made by mktemp keeps the database's own user out.
chmod 0711 "$postgres_dir"

stop_postgres() {
    # make passes a signal on to us after the shell has had it already: once is enough.
    trap '' INT TERM
    scripts/postgres.sh stop "$postgres_dir/db" || true
    rm -rf "$postgres_dir"
}
trap stop_postgres EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

INOS_TEST_POSTGRES_URL="$(scripts/postgres.sh start "$postgres_dir/db")"
export INOS_TEST_POSTGRES_URL
