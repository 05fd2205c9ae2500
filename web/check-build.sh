#!/bin/sh
# Builds the pages' scripts and styles again and compares them with what is committed in service/static.
# Compressed copies are left out: their bytes depend on the compressor; tests/service/pages/test_assets.py reads them.
set -eu
cd "$(dirname "$0")"
[ -d node_modules ] || npm ci --no-audit --no-fund
built="$(mktemp -d)"
trap 'rm -rf "$built"' EXIT
npm run --silent build -- --outDir "$built" --emptyOutDir
if ! diff -r --brief --exclude='*.gz' "$built" ../service/static; then
    echo "The built files differ from their sources: commit the result of 'npm run build' in web/." >&2
    exit 1
fi
echo "The built files match their sources."
