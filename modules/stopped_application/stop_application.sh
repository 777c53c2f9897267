#!/usr/bin/env bash
# Stops an application, so that it can be updated or deleted. It starts again with its next job run.
# https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_UpdateApplication.html
#
# NAME        name of the application
# AWS_REGION
set -euo pipefail

main() {
  command -v aws >/dev/null || {
    echo "The AWS CLI is not on PATH, so $NAME is not stopped. If it is started, its update fails: try again later."
    return
  }
  wait_for_the_end_of STARTING
  started=$(applications STARTED)
  for id in $started; do
    aws emr-serverless stop-application --application-id "$id" >/dev/null ||
      fail "$NAME cannot be stopped. Wait until its job runs have ended, or cancel them, and apply again."
  done
  wait_for_the_end_of STOPPING
}

wait_for_the_end_of() {
  local found
  found=$(applications "$1")
  while [ -n "$found" ]; do
    sleep 3
    found=$(applications "$1")
  done
}

applications() {
  aws emr-serverless list-applications --states "$1" --query "applications[?name=='$NAME'].id" --output text ||
    fail "The applications cannot be listed. Configure the AWS CLI with the identity that runs Terraform."
}

fail() {
  echo "$1" >&2
  exit 1
}

main
