#!/bin/sh
# Install daremo into ./.venv: sh tools/install.sh core|pdf|web|dev  (called by make, which skips it when nothing changed).
# uv if present, else python3 -m venv and pip. Every package is checked against its hash. WHEELS=dir needs no network.
set -eu
level=$1
venv=.venv
half=$venv/.daremo-half

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 \
            && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    say "daremo needs Python 3.11 or newer; found: $(python3 --version 2>&1 || echo none). On Debian 12 or newer: apt install python3 python3-venv"
    exit 1
}

# An environment left half-made by an interrupted first install, or moved here from elsewhere, is made anew.
if [ -e "$half" ] || { [ -d "$venv" ] && ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; then
    rm -rf "$venv"
fi

started=
trap 'test -z "$started" || rm -rf "$venv"; say "interrupted; nothing was left half-made"; exit 130' INT TERM

if [ ! -d "$venv" ]; then
    python=$(find_python)
    say "making .venv with $("$python" --version) …"
    started=yes
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --no-python-downloads --python "$python" "$venv"
    else
        "$python" -c 'import ensurepip, venv' 2>/dev/null || {
            say "$python has no ensurepip here. Run: apt install python3-venv   (then the same make again)"
            exit 1
        }
        "$python" -m venv "$venv"
    fi
    : >"$half"
fi

if command -v uv >/dev/null 2>&1; then
    set -- uv pip install --quiet --python "$venv/bin/python"
else
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
    set -- "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input
fi
if [ -n "${WHEELS:-}" ]; then
    set -- "$@" --no-index --find-links "$WHEELS"
fi

say "installing daremo ($level) …"
"$@" --require-hashes -r requirements/build.txt
"$@" --require-hashes -r "requirements/$level.txt"
"$@" --no-deps --no-build-isolation -e .
rm -f "$half"
started=

# A larger set holds the smaller ones; a stamp is written last, so that an interrupted install is repeated.
case $level in
    dev) stamps="core pdf web dev" ;;
    web) stamps="core pdf web" ;;
    pdf) stamps="core pdf" ;;
    *) stamps="core" ;;
esac
for stamp in $stamps; do : >"$venv/.daremo-$stamp"; done
say "done: $venv/bin/daremo"
