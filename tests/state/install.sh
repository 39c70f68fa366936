#!/usr/bin/env bash
# Installs the object stores that the tests of the shared state run against: moto (S3) and Azurite (Azure Blob
# Storage), pinned, below $ACCUROFORM_STATE_SERVERS (default target/state-servers). Needs python3 and npm.
set -euo pipefail
cd "$(dirname "$0")/../.."

moto=5.2.5
azurite=3.37.0
folder=${ACCUROFORM_STATE_SERVERS:-target/state-servers}
done="$folder/installed"

if [ "$(cat "$done" 2>/dev/null)" = "moto $moto, azurite $azurite" ]; then
  exit 0
fi
mkdir -p "$folder"
python3 -m venv "$folder/moto"
"$folder/moto/bin/pip" install --quiet --disable-pip-version-check "moto[server]==$moto"
npm install --silent --no-audit --no-fund --prefix "$folder/azurite" "azurite@$azurite"
echo "moto $moto, azurite $azurite" >"$done"
