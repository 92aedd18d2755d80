#!/usr/bin/env bash
# The built-in Neutron beside OpenStack's, request by request: the same client asks both for SECONDS per sort of request (default 5), and a table
# with ratios comes out. OpenStack's asks Keystone about each token, the built-in one is asked without. As root, on Debian 12; what OpenStack's needs is installed. Build first (./run --once or ./test does). Some five minutes.
#   bench/neutron.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD seconds=${1:-5}
. eng/packages.sh
need mariadbd mariadb-server "(Neutron's database)"
need neutron-server neutron-server "(Neutron)"
need /usr/lib/python3/dist-packages/networking_sfc python3-networking-sfc "(port chains)"
need neutron-openvswitch-agent neutron-openvswitch-agent "(its hand on each host)"
need ovs-vswitchd openvswitch-switch "(the switch)"
need rabbitmqctl rabbitmq-server "(how server and agent talk)"
need keystone-manage keystone "(identity)"
need curl curl "(requests by hand)"
need jq jq "(what came back)"
(install_missing) || { echo "bench: Debian's packages of Neutron cannot be had" >&2; exit 1; }
. tests/neutron/lab.sh
dotnet build bench/Demilune.Bench -c Release -v q --nologo > /dev/null
bench=$top/bench/Demilune.Bench/bin/Release/net10.0/demilune-bench
work=$(mktemp -d /var/tmp/demilune-bench.XXXXXX)
ours=
cleanup() {
  [ -z "$ours" ] || kill "$ours" 2> /dev/null || true
  [ -z "${LAB:-}" ] || lab_down || true
  rm -rf "$work"
}
trap cleanup EXIT

lab_up "$work/lab" demilune-bench
LAB_TOKEN=$(lab_token)
project=$(openstack_call GET "$LAB_KEYSTONE/auth/projects" | jq -r '.projects[0].id')
# Its defaults end before the first second does.
openstack_call PUT "$LAB_NEUTRON/v2.0/quotas/$project" '{"quota": {"port": -1, "security_group_rule": -1}}' > /dev/null
OS_TOKEN=$(lab_token) "$bench" neutron "$LAB_NEUTRON/" "$seconds" > "$work/theirs"

port=$(free_port)
artifacts/bin/Demilune.Controller/demilune-controller --network-only --data-directory "$work/ours" --neutron-port "$port" > "$work/ours.log" 2>&1 &
ours=$!
await 30 "the built-in Neutron" curl -fsS "http://127.0.0.1:$port/"
"$bench" neutron "http://127.0.0.1:$port/" "$seconds" > "$work/own"

echo "| requests a second, four clients | OpenStack's Neutron | built in | ratio |"
echo "|---|---|---|---|"
paste -d '\t' "$work/theirs" "$work/own" | awk -F '\t' '{ printf "| %s | %.0f | %.0f | %.0f× |\n", $1, $2, $4, $4 / $2 }'
