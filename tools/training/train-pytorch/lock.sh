#!/bin/sh
# Makes the lock files from requirements.in (needs uv). The CPU lock has no hashes, since its torch lies in an index of its own.
set -eu
cd "$(dirname "$0")"
UV_CUSTOM_COMPILE_COMMAND=./lock.sh
export UV_CUSTOM_COMPILE_COMMAND
compile() { uv pip compile --quiet --universal --python-version 3.10 --no-annotate --override overrides.txt "$@"; }

compile --generate-hashes requirements.in -o requirements.lock
compile --generate-hashes --constraint requirements.lock requirements.test.in -o requirements.test.lock
compile --constraint requirements.lock requirements.in |
  grep -v -e '^cuda-' -e '^nvidia-' -e '^triton' |
  sed "s/^\(torch==[0-9.]*\) ; \(.*\)/\1+cpu ; (\2) and sys_platform == 'linux'\n\1 ; (\2) and sys_platform != 'linux'/" > requirements.cpu.lock
