# Sourced by ./run and ./test. Installs the Debian packages that are missing, after saying which and why.

missing_packages=()

# need COMMAND-OR-FILE PACKAGE WHY
need() {
  case "$1" in
    /*) compgen -G "$1" > /dev/null && return ;;
    *) command -v "$1" > /dev/null 2>&1 && return ;;
  esac
  missing_packages+=("$2")
  printf '  %-16s %s\n' "$2" "$3"
}

install_missing() {
  [ ${#missing_packages[@]} -eq 0 ] && return
  if [ "$(id -u)" != 0 ]; then
    echo "These packages are missing and only root can install them: ${missing_packages[*]}" >&2
    exit 1
  fi
  echo "Installing: ${missing_packages[*]}"
  local log
  log=$(mktemp)
  # Services must not start: nginx is wanted as a program for a pod, not as a server on port 80 of this machine.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing_packages[@]}"; } > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install them; its whole output is in $log" >&2
    exit 1
  fi
  rm -f "$log"
  if [ "$(cat /usr/sbin/policy-rc.d 2> /dev/null)" = "$(printf '#!/bin/sh\nexit 101')" ]; then rm -f /usr/sbin/policy-rc.d; fi
  trap - EXIT
  missing_packages=()
}

need_dotnet() {
  if ! command -v dotnet > /dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "The .NET 10 SDK is needed (dotnet on PATH); see https://dotnet.microsoft.com/download" >&2
    exit 1
  fi
}

need_kernel() {
  local release major minor
  release=$(uname -r)
  major=${release%%.*}
  minor=${release#*.}
  minor=${minor%%.*}
  if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 6 ]; }; then
    echo "Linux 6.6 or newer is needed (tcx eBPF); this is $release. Debian 12 offers one in bookworm-backports." >&2
    exit 1
  fi
}

# kubectl 1.32 or newer: the one on PATH, else Debian trixie's, unpacked beside and nothing of the system upgraded.
# Sets $kubectl.
need_kubectl() {
  local directory=$1 minor
  if command -v kubectl > /dev/null; then
    minor=$(kubectl version --client 2> /dev/null | sed -n 's/^Client Version: v1\.\([0-9]*\).*/\1/p')
    if [ "${minor:-0}" -ge 32 ]; then
      kubectl=$(command -v kubectl)
      return
    fi
  fi
  kubectl=$directory/usr/bin/kubectl
  [ -x "$kubectl" ] && return
  echo "  kubectl          (trixie's package, unpacked in $directory) to work with the cluster"
  mkdir -p "$directory/apt/lists/partial" "$directory/apt/cache/archives/partial"
  local site
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep '/debian/*$' | grep -v security | head -n 1)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${site:?no Debian archive in the sources of apt} trixie main" > "$directory/apt/sources.list"
  local options=(-o "Dir::Etc::SourceList=$directory/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$directory/apt/lists" -o "Dir::Cache=$directory/apt/cache" -o Dir::State::Status=/dev/null -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update > "$directory/apt/log" 2>&1 &&
    (cd "$directory/apt" && apt-get "${options[@]}" download kubectl >> log 2>&1) &&
    dpkg-deb -x "$directory"/apt/kubectl_*.deb "$directory" &&
    rm -rf "$directory/apt/lists" "$directory/apt/cache" && return
  tail -n 20 "$directory/apt/log" >&2
  echo "kubectl could not be fetched; install kubectl 1.32 or newer on PATH" >&2
  exit 1
}
