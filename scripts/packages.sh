# shellcheck shell=bash
# Sourced by the set-up scripts: which Debian packages are missing, and their installation.
#
#   need PACKAGE WHAT-FOR COMMAND…   notes PACKAGE as missing when COMMAND fails
#   install_missing                  installs what was noted; does nothing, and asks for nothing, when nothing was
#
# Whatever the environment says about proxies and certificates reaches apt and npm as it is.

missing=()
reasons=()

# Programs of administrators lie where an ordinary user's PATH does not look.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

has() { command -v "$1" >/dev/null 2>&1; }

need() {
  local package=$1 reason=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  missing+=("$package")
  reasons+=("$(printf '  %-16s %s' "$package" "$reason")")
}

install_missing() {
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "Missing on this machine:"
  printf '%s\n' "${reasons[@]}"
  if ! has apt-get; then
    echo "This is not a Debian: install them by the names that your distribution gives them (docs/install.md)." >&2
    return 1
  fi
  local as=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! has sudo; then
      echo "Become root and run: apt-get install ${missing[*]}" >&2
      return 1
    fi
    # Where nobody can type a password, do not wait for one.
    as=(sudo)
    [ -t 0 ] || as+=(-n)
    echo "sudo is used for this one command: apt-get install ${missing[*]}"
  fi
  # sudo drops what apt needs of the environment; env hands it on.
  local name kept=(DEBIAN_FRONTEND=noninteractive)
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR; do
    [ -z "${!name:-}" ] || kept+=("$name=${!name}")
  done
  local apt=("${as[@]}" env "${kept[@]}" apt-get -q -y)
  "${apt[@]}" update || echo "The package lists could not be brought up to date; going on with those that are here." >&2
  "${apt[@]}" install --no-install-recommends "${missing[@]}"
}
