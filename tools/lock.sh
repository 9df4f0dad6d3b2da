#!/bin/sh
# Resolve the requirement files anew, each with hashes of all published wheels. Every larger set keeps the smaller one's versions.
set -eu
compile="${VENV:-.venv}/bin/pip-compile --upgrade --generate-hashes --strip-extras --allow-unsafe --quiet --no-header
  --no-emit-index-url --no-emit-find-links --no-emit-options"
$compile -o requirements/build.txt requirements/build.in
$compile -o requirements/core.txt pyproject.toml
$compile --extra pdf -c requirements/core.txt -o requirements/pdf.txt pyproject.toml
$compile --extra pdf --extra dev -c requirements/pdf.txt -o requirements/dev.txt pyproject.toml
