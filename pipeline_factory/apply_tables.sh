#!/usr/bin/env bash
# Creates and evolves tables from table files, with the SDK and the AWS credentials of the identity that runs Terraform.
#
# FOLDERS       one line for each folder with files database.table.yaml
# PROJECT_NAME, DOMAIN_NAME, STAGE_NAME, AWS_REGION
set -euo pipefail

command -v datalake_sdk >/dev/null || {
  echo "apply_tables requires the program datalake_sdk, which is not on PATH. Install it from this repository:" >&2
  echo "pip install 'datalake-sdk[aws]', or set apply_tables = false." >&2
  exit 1
}
# A laptop may have an embedded lake configured.
unset DATALAKE_LOCAL_ROOT CONSUMER_GROUP
# Without mapfile, which the bash of macOS lacks.
folders=()
while IFS= read -r folder; do
  folders+=("$folder")
done <<<"$FOLDERS"
exec datalake_sdk apply_tables --yes "${folders[@]}"
