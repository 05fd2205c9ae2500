#!/bin/sh
# Rebuilds the pages' scripts and styles and compares them with what is committed in service/static.
set -eu
cd "$(dirname "$0")"
[ -d node_modules ] || npm ci --no-audit --no-fund
npm run --silent build
changed="$(git status --porcelain -- ../service/static)"
if [ -n "$changed" ]; then
    echo "$changed"
    echo "The built files differ from their sources: commit the result of 'npm run build' in web/." >&2
    exit 1
fi
echo "The built files match their sources."
