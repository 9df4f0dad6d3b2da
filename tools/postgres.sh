#!/bin/sh
# A throw-away PostgreSQL on a socket, for tests and trials: no port, no password, gone when stopped.
#   eval "$(sh tools/postgres.sh start)"     prints and sets DAREMO_TEST_DATABASE_URL and DAREMO_POSTGRES
#   sh tools/postgres.sh stop                ends the one in $DAREMO_POSTGRES and removes it
#   sh tools/postgres.sh run COMMAND…        runs a command with one of its own, and ends it whatever happens
set -eu

say() { printf '%s\n' "$*" >&2; }

find_bin() {
    for bin in "$(command -v pg_config >/dev/null 2>&1 && pg_config --bindir || true)" /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
        [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] && { printf '%s' "$bin"; return; }
    done
    say "no PostgreSQL here. On Debian: apt install postgresql"
    exit 3
}

# PostgreSQL refuses to run as root: then as postgres, else as nobody.
as() {
    if [ "$(id -u)" != 0 ]; then "$@"; return; fi
    user=postgres
    id -u "$user" >/dev/null 2>&1 || user=nobody
    if command -v setpriv >/dev/null 2>&1; then
        setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME="$home" "$@"
    else
        su -s /bin/sh "$user" -c 'exec "$@"' -- sh "$@"
    fi
}

start() {
    bin=$(find_bin)
    home=$(mktemp -d /tmp/daremo-postgres.XXXXXX)
    chmod 700 "$home"
    [ "$(id -u)" = 0 ] && { id -u postgres >/dev/null 2>&1 && chown postgres "$home" || chown nobody "$home"; }
    trap 'rm -rf "$home"' EXIT INT TERM
    (
        cd "$home"
        as "$bin/initdb" -D "$home/data" -U desk -A trust -E UTF8 --locale=C -N &&
            as "$bin/pg_ctl" -D "$home/data" -l "$home/server.log" -w \
                -o "-c listen_addresses='' -k $home -c fsync=off -c autovacuum=off -c max_connections=120" start &&
            as "$bin/createdb" -h "$home" -U desk desk
    ) >"$home/log" 2>&1 || { say "PostgreSQL did not start:"; cat "$home/log" "$home/server.log" >&2; exit 3; }
    trap - EXIT INT TERM
}

stop() {
    home=$1
    case $home in /tmp/daremo-postgres.*) ;; *) say "not one of ours: $home"; exit 2 ;; esac
    bin=$(find_bin)
    (cd "$home" && as "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >/dev/null 2>&1) || true
    rm -rf "$home"
}

case ${1:-} in
    start)
        start
        echo "export DAREMO_POSTGRES=$home DAREMO_TEST_DATABASE_URL='postgresql://desk@/desk?host=$home'"
        ;;
    stop) stop "${DAREMO_POSTGRES:?nothing to stop: DAREMO_POSTGRES is not set}" ;;
    run)
        shift
        start
        trap 'stop "$home"' EXIT
        trap 'exit 130' INT TERM
        DAREMO_TEST_DATABASE_URL="postgresql://desk@/desk?host=$home" "$@"
        ;;
    *)
        say "usage: sh tools/postgres.sh start|stop|run COMMAND…"
        exit 2
        ;;
esac
