#!/usr/bin/env bash
# Resolves the dependencies anew into requirements/: hashes, every platform, Python 3.11 and newer, no address of any index.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
export UV_CUSTOM_COMPILE_COMMAND="make lock"

resolve() { # name of the lock, then what goes in
    local lock=requirements/$1.txt
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@" --output-file "$lock"
    if grep -nE '://|(^|[ =@])/' "$lock"; then
        echo "$lock names an address or a path" >&2
        exit 1
    fi
}

resolve dev pyproject.toml --all-extras --upgrade
# The smaller locks take their versions from the large one, so that all of them were tested.
resolve all pyproject.toml --extra all --constraint requirements/dev.txt
resolve base pyproject.toml --constraint requirements/dev.txt
echo setuptools | resolve build - --constraint requirements/dev.txt
printf '%s\n' procrastinate 'psycopg[binary,pool]' pgqueuer asyncpg uvloop matplotlib | resolve bench - --constraint requirements/dev.txt
