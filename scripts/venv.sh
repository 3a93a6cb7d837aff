# Sourced by the other scripts: go to the checkout and enter a virtual environment, the caller's
# own if one is active, else `.venv` here, made with PYTHON or the first Python that is new enough.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

say() { printf '\n==> %s\n' "$*"; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [ -z "${VIRTUAL_ENV:-}" ]; then
    if [ ! -x .venv/bin/python ]; then
        for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
            if new_enough "$python"; then break; fi
            python=
        done
        if [ -z "$python" ]; then
            echo "no Python 3.11 or newer found; name one with PYTHON=/path/to/python" >&2
            exit 1
        fi
        say "making .venv with $("$python" --version)"
        "$python" -m venv .venv
    fi
    VIRTUAL_ENV=$PWD/.venv
fi
export VIRTUAL_ENV
export PATH="$VIRTUAL_ENV/bin:$PATH"
export PYO3_PYTHON="$VIRTUAL_ENV/bin/python"
export PIP_DISABLE_PIP_VERSION_CHECK=1

# Installs what an extra of pyproject.toml asks for, without building the package itself.
install_extra() {
    python - "$1" <<'PYTHON' | pip install --quiet -r /dev/stdin
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"][sys.argv[1]], sep="\n")
PYTHON
}
