#!/usr/bin/env bash
# Refreshes .sqlx: starts a throw-away PostgreSQL with the migrations applied, lets the compiler check every query of the
# server against it, and keeps what it learned, so that builds need no database.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${STRONGROOM_PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$bin/initdb" ] || { echo "no PostgreSQL server programs; see scripts/setup.sh" >&2; exit 1; }
folder=$(mktemp -d)
runner=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    chown postgres "$folder"
    runner=(runuser -u postgres --)
fi
cleanup() {
    "${runner[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap cleanup EXIT
(
    cd "$folder"
    "${runner[@]}" "$bin/initdb" -D "$folder/data" -U owner -A trust -E UTF8 --locale=C >/dev/null
    "${runner[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
        -o "-c listen_addresses='' -k $folder -c fsync=off" start >/dev/null
)
for migration in migrations/*.sql; do
    psql -qX -v ON_ERROR_STOP=1 -h "$folder" -U owner -d postgres -f "$migration" 2>/dev/null
done

rm -rf .sqlx && mkdir .sqlx
export DATABASE_URL="postgres://owner@localhost/postgres?host=$folder"
export SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$PWD/.sqlx"
touch crates/server/src/lib.rs # queries are checked when the crate is compiled
cargo check -p server --all-targets
echo "$(find .sqlx -name 'query-*.json' | wc -l) queries in .sqlx" >&2
