#!/usr/bin/env bash
# Builds and pushes an image, unless its tag already exists in the registry.
#
# CONTAINER_CLI       docker, podman, finch, nerdctl or buildah
# IMAGE, PLATFORM     registry/repository:tag; linux/amd64 or linux/arm64
# DOCKERFILE          path of the Dockerfile
# CONTEXT             one line `path in the build context=source file or folder` for each source
# IGNORED             one line for each name of files and folders that are excluded from the context
# BUILD_ARGUMENTS     one line `NAME=value` for each argument
# PIP_CONFIGURATION   content of the build secret pip.conf, or empty
# REGISTRY_USER, REGISTRY_PASSWORD
set -euo pipefail

main() {
  command -v "$CONTAINER_CLI" >/dev/null ||
    fail "container_cli is '$CONTAINER_CLI', but this program is not on PATH." \
      "Install it, or set container_cli to docker, podman, finch, nerdctl or buildah."
  retried log_in ||
    fail "$CONTAINER_CLI cannot log in to ${IMAGE%%/*}." \
      "Check that its engine is running. A registry token expires after 12 hours: if the plan is older, create a new one."
  if pull >/dev/null 2>&1; then
    echo "$IMAGE already exists."
    return
  fi
  context=$(mktemp -d)
  secrets=$(mktemp -d)
  trap 'rm -rf "$context" "$secrets"' EXIT
  assemble
  build ||
    fail "The build of $DOCKERFILE failed." \
      "See the error above. If the base image cannot be pulled here, set base_image. The build arguments" \
      "were: ${BUILD_ARGUMENTS//$'\n'/, }"
  retried push ||
    fail "The registry rejected $IMAGE." \
      "The identity that runs Terraform requires ecr:PutImage, ecr:InitiateLayerUpload, ecr:UploadLayerPart," \
      "ecr:CompleteLayerUpload and ecr:BatchCheckLayerAvailability on the repository."
  retried pull ||
    fail "$IMAGE was pushed, but cannot be pulled." \
      "The identity that runs Terraform requires ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository."
}

log_in() {
  "$CONTAINER_CLI" login --username "$REGISTRY_USER" --password-stdin "${IMAGE%%/*}" <<<"$REGISTRY_PASSWORD"
}

pull() {
  case $CONTAINER_CLI in
    # The other programs always check the registry. https://github.com/containers/buildah/blob/main/docs/buildah-pull.1.md
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
  # Tasks do not run as root, and files of a checkout may be readable only by their owner.
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
  # Lambda rejects images with the attestations that Docker adds. https://docs.docker.com/build/metadata/attestations/
  # buildah does not cache layers by default.
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
