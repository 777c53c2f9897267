#!/usr/bin/env bash
# Builds an image and pushes it, unless the registry has its tag already.
#
# CONTAINER_CLI       docker, podman, finch, nerdctl or buildah
# IMAGE, PLATFORM     registry/repository:tag; linux/amd64 or linux/arm64
# DOCKERFILE          its path
# CONTEXT             a line `path inside the build context=source file or folder` each
# IGNORED             a line for each name of files and folders that stay out of the context
# BUILD_ARGUMENTS     a line `NAME=value` each
# PIP_CONFIGURATION   text of a pip.conf, empty without one; the build's secret pip.conf
# REGISTRY_USER, REGISTRY_PASSWORD
set -euo pipefail

main() {
  command -v "$CONTAINER_CLI" >/dev/null ||
    fail "container_cli is '$CONTAINER_CLI', and there is no such program on PATH." \
      "Install it, or set container_cli to docker, podman, finch, nerdctl or buildah."
  retried log_in ||
    fail "$CONTAINER_CLI cannot log in to ${IMAGE%%/*}." \
      "Is its engine running? A registry's token lives for 12 hours: plan anew when the plan is older."
  if pull >/dev/null 2>&1; then
    echo "$IMAGE is there already."
    return
  fi
  context=$(mktemp -d)
  secrets=$(mktemp -d)
  trap 'rm -rf "$context" "$secrets"' EXIT
  assemble
  build ||
    fail "$DOCKERFILE does not build." \
      "The reason stands above. A base image that cannot be pulled here is replaced by base_image; the build arguments" \
      "were: ${BUILD_ARGUMENTS//$'\n'/, }"
  retried push ||
    fail "The registry refuses $IMAGE." \
      "The applying principal needs ecr:PutImage, ecr:InitiateLayerUpload, ecr:UploadLayerPart," \
      "ecr:CompleteLayerUpload and ecr:BatchCheckLayerAvailability on the repository."
  retried pull ||
    fail "$IMAGE is pushed, and cannot be pulled." \
      "The applying principal needs ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository."
}

log_in() {
  "$CONTAINER_CLI" login --username "$REGISTRY_USER" --password-stdin "${IMAGE%%/*}" <<<"$REGISTRY_PASSWORD"
}

pull() {
  case $CONTAINER_CLI in
    # The others always ask the registry. https://github.com/containers/buildah/blob/main/docs/buildah-pull.1.md
    buildah) buildah pull --policy always "$IMAGE" ;;
    *) "$CONTAINER_CLI" pull --platform "$PLATFORM" "$IMAGE" ;;
  esac
}

assemble() {
  local excluded=() name target source
  while IFS= read -r name; do
    excluded+=("--exclude=$name")
  done <<<"$IGNORED"
  while IFS='=' read -r target source; do
    [ -n "$target" ] || continue
    if [ -d "$source" ]; then
      mkdir -p "$context/$target"
      tar -C "$source" --dereference "${excluded[@]}" -cf - . | tar -C "$context/$target" -xf -
    else
      mkdir -p "$(dirname "$context/$target")"
      cp "$source" "$context/$target"
    fi
  done <<<"$CONTEXT"
  # A task is not root, and a checkout may be readable by its owner only.
  chmod -R a+rX "$context"
}

build() {
  local arguments=(--file "$DOCKERFILE" --platform "$PLATFORM" --tag "$IMAGE") argument
  while IFS= read -r argument; do
    [ -z "$argument" ] || arguments+=(--build-arg "$argument")
  done <<<"$BUILD_ARGUMENTS"
  if [ -n "$PIP_CONFIGURATION" ]; then
    echo "$PIP_CONFIGURATION" >"$secrets/pip.conf"
    arguments+=(--secret "id=pip.conf,src=$secrets/pip.conf")
  fi
  # Lambda refuses the attestations that Docker adds. https://docs.docker.com/build/metadata/attestations/
  # buildah keeps no layers unless asked.
  BUILDX_NO_DEFAULT_ATTESTATIONS=1 BUILDAH_LAYERS=true "$CONTAINER_CLI" build "${arguments[@]}" "$context"
}

push() {
  "$CONTAINER_CLI" push "$IMAGE"
}

retried() {
  local output
  for pause in 3 3 0; do
    output=$("$@" 2>&1) && return
    sleep "$pause"
  done
  echo "$output" >&2
  return 1
}

fail() {
  printf '\n%s\n' "$1" >&2
  shift
  printf '%s\n' "$*" >&2
  exit 1
}

main
