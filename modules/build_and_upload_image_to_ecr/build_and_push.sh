#!/usr/bin/env bash
# Builds and pushes an image, unless its tag already exists in the registry.
#
# CONTAINER_CLI       docker, podman, finch, nerdctl or buildah
# IMAGE, PLATFORM     registry/repository:tag; linux/amd64 or linux/arm64
# DOCKERFILE          path of the Dockerfile
# CONTEXT             one line `path in the build context=source file or folder` for each source
# CONTEXT_COMMAND     command that adds files to the build context, or empty
# IGNORED             one line for each name of files and folders that are excluded from the context
# BUILD_ARGUMENTS     one line `NAME=value` for each argument
# PIP_CONFIGURATION   content of the build secret pip.conf, or empty
# REGISTRY_USER, REGISTRY_PASSWORD
set -euo pipefail

main() {
  command -v curl >/dev/null || fail "The program 'curl' is not on PATH." "Install it."
  if exists 2>/dev/null; then
    echo "$IMAGE already exists."
    return
  fi
  command -v "$CONTAINER_CLI" >/dev/null ||
    fail "container_cli is '$CONTAINER_CLI', but this program is not on PATH." \
      "Install it, or set container_cli to docker, podman, finch, nerdctl or buildah."
  retried log_in ||
    fail "$CONTAINER_CLI cannot log in to ${IMAGE%%/*}." \
      "Check that its engine is running. A registry token expires after 12 hours: if the plan is older, create a new one."
  context=$(mktemp -d)
  secrets=$(mktemp -d)
  trap 'rm -rf "$context" "$secrets"' EXIT
  assemble
  (cd "$context" && bash -euc "$CONTEXT_COMMAND") || fail "The build context of $DOCKERFILE is incomplete." "See the error above."
  build ||
    fail "The build of $DOCKERFILE failed." \
      "See the error above. If the base image cannot be pulled here, set base_image. The build arguments" \
      "were: ${BUILD_ARGUMENTS//$'\n'/, }. $(emulation)" "$(package_index)"
  retried push ||
    fail "The registry rejected $IMAGE." \
      "The identity that runs Terraform requires ecr:PutImage, ecr:InitiateLayerUpload, ecr:UploadLayerPart," \
      "ecr:CompleteLayerUpload and ecr:BatchCheckLayerAvailability on the repository."
  retried exists ||
    fail "$IMAGE was pushed, but is not in the registry." \
      "The identity that runs Terraform requires ecr:BatchGetImage on the repository."
}

# Asks the registry for the manifest, since a pull would download the whole image.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry_auth_http
exists() {
  local repository=${IMAGE#*/} types="application/vnd.docker.distribution.manifest"
  curl --silent --show-error --fail --head --output /dev/null --header "Accept: application/vnd.oci.image.index.v1+json,\
application/vnd.oci.image.manifest.v1+json,$types.v2+json,$types.list.v2+json" \
    --config <(echo "user = \"$REGISTRY_USER:$REGISTRY_PASSWORD\"") \
    "https://${IMAGE%%/*}/v2/${repository%:*}/manifests/${repository##*:}"
}

log_in() {
  "$CONTAINER_CLI" login --username "$REGISTRY_USER" --password-stdin "${IMAGE%%/*}" <<<"$REGISTRY_PASSWORD"
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

# Without its credentials.
package_index() {
  local index
  index=$(sed -n 's|^index-url = \(.*//\)[^@]*@|\1|p' <<<"$PIP_CONFIGURATION")
  [ -z "$index" ] ||
    echo "Packages come from $index: if pip cannot reach it, check the network; if it is denied, the identity that runs" \
      "Terraform requires codeartifact:ReadFromRepository, and the token expires after 12 hours. Or set" \
      "enable_codeartifact = false."
}

emulation() {
  case "$PLATFORM $(uname -m)" in
    "linux/amd64 x86_64" | "linux/arm64 aarch64" | "linux/arm64 arm64") ;;
    *) echo "Building for $PLATFORM on $(uname -m) requires QEMU: docker run --privileged --rm tonistiigi/binfmt --install all" ;;
  esac
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
