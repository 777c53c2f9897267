#!/usr/bin/env bash
# Builds the wheel of the SDK and uploads it to CodeArtifact, unless this version already exists.
#
# SDK_SOURCE, SDK_VERSION   folder with pyproject.toml, and the version in it
# ENDPOINT, TOKEN           endpoint and authorization token of the CodeArtifact repository
set -euo pipefail

main() {
  local program
  for program in curl python3; do
    command -v "$program" >/dev/null ||
      fail "The program '$program' is not on PATH." "Install it, or set enable_codeartifact = false."
  done
  if published; then
    echo "datalake-sdk $SDK_VERSION already exists in $ENDPOINT."
    return
  fi
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  python3 -m pip wheel --quiet --no-deps --wheel-dir "$folder" "$SDK_SOURCE" ||
    fail "Cannot build the wheel of $SDK_SOURCE." \
      "See the error above. The build requires Python 3.11 or newer and a package index."
  upload "$folder"/*.whl ||
    fail "CodeArtifact rejected datalake-sdk $SDK_VERSION." \
      "The identity that runs Terraform requires codeartifact:PublishPackageVersion."
}

published() {
  request "${ENDPOINT%/}/simple/datalake-sdk/" 2>/dev/null | grep -q "datalake_sdk-$SDK_VERSION-"
}

# https://docs.pypi.org/api/upload/
upload() {
  local wheel=$1
  request --form ":action=file_upload" --form protocol_version=1 --form "metadata_version=$(metadata_version "$wheel")" \
    --form name=datalake-sdk --form "version=$SDK_VERSION" --form filetype=bdist_wheel --form pyversion=py3 \
    --form "sha256_digest=$(digest "$wheel")" --form "content=@$wheel" "$ENDPOINT"
}

request() {
  # The token is passed through a file descriptor, since all processes can see the arguments.
  curl --silent --show-error --fail-with-body --location --config <(echo "user = \"aws:$TOKEN\"") "$@"
}

metadata_version() {
  python3 -c '
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    print(wheel.read(metadata).decode().splitlines()[0].removeprefix("Metadata-Version: "))
' "$1"
}

digest() {
  python3 -c 'import hashlib, pathlib, sys; print(hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes()).hexdigest())' "$1"
}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

main
