#!/bin/sh
# Makes requirements.lock from requirements.in (needs uv).
set -eu
cd "$(dirname "$0")"
UV_CUSTOM_COMPILE_COMMAND=./lock.sh
export UV_CUSTOM_COMPILE_COMMAND
uv pip compile --quiet --universal --python-version 3.10 --no-annotate --generate-hashes requirements.in -o requirements.lock
