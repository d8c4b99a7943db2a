# What the scripts beside this file share: numbered steps that are timed and counted. To be sourced.

export CI=true
exec </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The toolchain, where an installer put it without telling PATH.
if ! command -v swift >/dev/null; then
  for folder in /opt/*/usr/bin /usr/*/usr/bin "${HOME:-/}"/.local/share/swiftly/bin; do
    if [ -x "$folder/swift" ]; then
      PATH=$folder:$PATH
      break
    fi
  done
fi
if ! command -v swift >/dev/null; then
  echo "ci: there is no swift on PATH; install a toolchain, 6.2 or later" >&2
  exit 1
fi
# Git asks nobody for names or passwords.
export GIT_TERMINAL_PROMPT=0

passed=0
failed=0
times=
only=

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# step WHAT COMMAND…: runs a command, says how it went and how long it took.
step() {
  local what=$1 started=$SECONDS status
  shift
  case $what in *"$only"*) ;; *) return 0 ;; esac
  printf '\n=== %s\n' "$what"
  set +e
  (
    set -euo pipefail
    "$@"
  )
  status=$?
  set -e
  local took=$((SECONDS - started))
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    printf -- '--- passed: %s (%s s)\n' "$what" "$took"
    times+=$(printf '  %5s s  %s' "$took" "$what")$'\n'
  else
    failed=$((failed + 1))
    printf -- '--- FAILED: %s (status %s, %s s)\n' "$what" "$status" "$took"
    times+=$(printf '  %5s s  %s  FAILED' "$took" "$what")$'\n'
  fi
}

# The last lines of a run, and its status.
finish() {
  printf '\n%s' "$times"
  printf 'ci: %s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}

# skip WHY: what a step prints instead of passing in silence.
skip() { echo "skipped: $1"; }

# lacks PACKAGE…: installs the Debian packages that are missing; whether one still is.
lacks() {
  local package missing=()
  for package; do
    if ! dpkg -s "$package" >/dev/null 2>&1; then missing+=("$package"); fi
  done
  if [ "${#missing[@]}" -eq 0 ]; then return 1; fi
  if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "missing, and not to be installed without root and apt: ${missing[*]}"
    return 0
  fi
  export DEBIAN_FRONTEND=noninteractive
  echo "installing ${missing[*]}"
  apt-get update -qq || true
  ! apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}
