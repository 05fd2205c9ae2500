#!/usr/bin/env bash
# Sets up what PlaceLibre needs: `./setup.sh` for running it, `./setup.sh test` also for testing it.
# Can be run again; does only what is missing. Every failure says what is missing and what to do.
set -euo pipefail
cd "$(dirname "$0")"
wanted=${1:-run}
venv=.venv

fail() { echo "✗ $1" >&2; exit 1; }
step() { echo "• $1" >&2; }

recent_enough() { "$1" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 12))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.14 python3.13 python3.12 python3 \
    $(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python 2>/dev/null | sort -rV) \
    "$(uv python find '>=3.12' 2>/dev/null || true)"; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 && recent_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  if command -v uv >/dev/null 2>&1 && uv python install -q 3.13 >&2; then
    uv python find 3.13
    return
  fi
  fail "Python 3.12 or newer (with venv) is missing: install it, for example 'apt-get install python3.12-venv', or name one with PYTHON=/path/to/python3.12 make setup."
}

install_locked() { # lock file, stamp
  local lock=$1 stamp=$venv/.installed-$(basename "$1")
  if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then return; fi
  step "Installing $lock (about a minute the first time)"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" \
    || fail "Packages of $lock could not be installed: check the network and the disk, then run this again."
  cp "$lock" "$stamp"
}

install_debian() { # what it is for, test command, packages...
  local purpose=$1 probe=$2
  shift 2
  if eval "$probe"; then return; fi
  local become=
  if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then become=sudo; else
      echo "• $purpose is missing, and there is no root here to install it: its tests will be skipped. Remedy: sudo apt-get install $*" >&2
      return
    fi
  fi
  command -v apt-get >/dev/null || { echo "• $purpose is missing: install the equivalent of $* to run its tests." >&2; return; }
  step "Installing $purpose ($*)"
  $become apt-get update -qq || true
  $become env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
    || fail "$purpose could not be installed: run 'apt-get install $*' and read what it says."
}

if ! [ -x "$venv/bin/python" ] || ! recent_enough "$venv/bin/python"; then
  python=$(find_python)
  step "Making $venv with $("$python" --version)"
  rm -rf "$venv"
  "$python" -m venv "$venv" || fail "The environment $venv could not be made: remove it and run this again."
fi
install_locked requirements.lock
if ! "$venv/bin/python" -c 'import importlib.metadata as m; m.version("placelibre")' 2>/dev/null || ! [ -x "$venv/bin/placelibre" ]; then
  step "Installing PlaceLibre itself"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . \
    || fail "PlaceLibre itself could not be installed: read the lines above."
fi
step "Preparing the search (a minute or two the first time)"
"$venv/bin/python" -m matching.compile_all || fail "The search could not be compiled: read the lines above."
if [ "$wanted" = test ]; then
  install_locked requirements-dev.lock
  install_debian "PostgreSQL with PostGIS" "[ -x /usr/lib/postgresql/15/bin/initdb ] && ls /usr/share/postgresql/15/extension/postgis.control >/dev/null 2>&1" \
    postgresql-15 postgresql-15-postgis-3
  install_debian "Chromium" "[ -x /usr/bin/chromium ]" chromium fonts-dejavu-core
fi
step "Ready."
