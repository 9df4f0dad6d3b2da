#!/bin/sh
# Resolve the requirement files, each with hashes of all published wheels. Every larger set keeps the smaller one's versions.
# What is pinned stays as it is while it fits; UPGRADE=yes takes the newest of everything.
set -eu
compile="${VENV:-.venv}/bin/pip-compile ${UPGRADE:+--upgrade} --generate-hashes --strip-extras --allow-unsafe --quiet --no-header
  --no-emit-index-url --no-emit-find-links --no-emit-options"
$compile -o requirements/build.txt requirements/build.in
$compile -o requirements/core.txt pyproject.toml
$compile --extra pdf -c requirements/core.txt -o requirements/pdf.txt pyproject.toml
$compile --extra pdf --extra web -c requirements/pdf.txt -o requirements/web.txt pyproject.toml
$compile --extra pdf --extra web --extra dev -c requirements/web.txt -o requirements/dev.txt pyproject.toml
