#!/usr/bin/env bash
# Runs package.py.
set -euo pipefail

python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
  echo "The SDK is packaged with python3, which must be on PATH: Python 3.10 or newer, with venv" >&2
  echo "(python3-venv on Debian and Ubuntu)." >&2
  exit 1
}
exec python3 "$(dirname "${BASH_SOURCE[0]}")/package.py" "$@"
