#!/usr/bin/env bash
# Installs the other engine of Rego that the policies of examples/policy are tried in: regopy, the Python package of
# rego-cpp, pinned, below $ACCUROFORM_REGO (default target/rego). Needs python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

regopy=1.5.2
folder=${ACCUROFORM_REGO:-target/rego}
done="$folder/installed"

if [ "$(cat "$done" 2>/dev/null)" = "regopy $regopy" ]; then
  exit 0
fi
mkdir -p "$folder"
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check "regopy==$regopy"
echo "regopy $regopy" >"$done"
