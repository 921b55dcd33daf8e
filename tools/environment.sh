#!/bin/sh
# Make a virtual environment with exactly the locked dependencies: sh tools/environment.sh FOLDER LOCKFILE
set -eu
folder=$1
lock=$2
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "klal needs Python 3.11 or later; found: $("$python" --version 2>&1 || echo none). Name another with PYTHON=…" >&2
    exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian and Ubuntu keep venv in a package of its own
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    else
        echo "klal needs Python's venv: install the package python3-venv and try again." >&2
        exit 2
    fi
fi
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
echo "Installing the locked dependencies into $folder (a minute or two, once) …" >&2
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement "$lock"
