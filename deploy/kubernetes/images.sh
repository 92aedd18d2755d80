#!/usr/bin/env bash
# Builds Demilune and writes the images that the manifests name, as OCI archives: controller.tar, node.tar, firewall.tar.
#   deploy/kubernetes/images.sh DIRECTORY
# Needs what ./run needs to build: the .NET 10 SDK, clang and zlib1g-dev; and nftables.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in "" | -*) sed -n '2,4s/^# \{0,1\}//p' deploy/kubernetes/images.sh; exit 2 ;; esac
mkdir -p "$1"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
. eng/packages.sh
need_dotnet
need nft nftables "the nodes' image has it: routers' gateways translate with it"
install_missing
. eng/build.sh
image() { artifacts/bin/Demilune.Local/demilune-local image "$@"; }
image controller --from artifacts/bin/Demilune.Controller --archive "$1/controller.tar"
image node --from artifacts/bin/Demilune.Node --cni artifacts/bin/Demilune.Cni --archive "$1/node.tar"
image firewall --from artifacts/bin/Demilune.Firewall --rules rules --archive "$1/firewall.tar"
ls -l "$1"/{controller,node,firewall}.tar
