#!/usr/bin/env bash
# What the product costs between two real pods of the local cluster: the same client and server over a bare cable laid
# between their network namespaces, over the splice with no policy that names a security policy, and through the firewall
# with the web baseline. Prints a Markdown table with ratios to the cable. Build first (./run --once or ./test does).
#   bench/cluster.sh [SECONDS]     seconds per measurement (default 5); as root, about two minutes
# Needs wrk and nginx. The machine should be otherwise idle.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5}
for tool in wrk nginx kubectl; do
  command -v "$tool" > /dev/null || PATH=$PWD/artifacts/kubectl/usr/bin:$PATH command -v "$tool" > /dev/null || { echo "bench: $tool is not installed" >&2; exit 1; }
done
PATH=$PWD/artifacts/kubectl/usr/bin:$PATH
work=$(mktemp -d)
artifacts/bin/Demilune.Cli/demilune local run --no-walk --directory /var/lib/demilune/bench --run-directory /run/demilune/bench \
  --bpf-directory /sys/fs/bpf/demilune/bench --ports 36443,37443,37480,39696 --pod-network-v4 10.198.0.0/16 --pod-network-v6 fd00:198::/64 > "$work/log" 2>&1 &
cluster=$!
trap 'kill -TERM $cluster 2> /dev/null; wait $cluster 2> /dev/null; rm -rf "$work"' EXIT
for _ in $(seq 120); do grep -q 'Ctrl-C ends it' "$work/log" && break; sleep 0.5; done
export KUBECONFIG=/var/lib/demilune/bench/kubeconfig
kubectl apply -f examples/l7-security/01-pods.yaml > /dev/null
kubectl wait -n shop --for=condition=Ready --timeout=90s pod --all > /dev/null
web=$(kubectl get pod -n shop web -o 'jsonpath={.status.podIP}')
client() { kubectl exec -n shop client -- sh -c "$1"; }
kubectl exec -n shop web -- sh -c 'head -c 1024 /srv/100m.bin > /srv/1k.bin; head -c 102400 /srv/100m.bin > /srv/100k.bin'

# A cable of its own between the two pods: what the machine can do at best.
address_of() { kubectl get pod -n shop "$1" -o 'jsonpath={.status.podIP}'; }
namespace_of() {
  local file
  for file in /run/demilune/bench/netns/*; do
    if nsenter --net="$file" ip -o address | grep -qF " $(address_of "$1")/"; then echo "$file" && return; fi
  done
  return 1
}
near=$(namespace_of client) far=$(namespace_of web)
nsenter --net="$near" ip link add bench type veth peer name bench2
nsenter --net="$near" ip link set bench2 netns "$far"
nsenter --net="$near" sh -c 'ip address add 198.18.7.1/24 dev bench; ip link set bench up'
nsenter --net="$far" sh -c 'ip address add 198.18.7.2/24 dev bench2; ip link set bench2 up'

# Each prints: bulk Gbit/s, HTTP 1 KB requests/s, 100 KB requests/s, latency p50 and p99 of one connection in microseconds.
measure() { # ADDRESS
  local web=$1 bulk small large latency
  client "curl -s -o /dev/null http://$web/files/100m.bin"
  bulk=$(client "curl -s -o /dev/null -w '%{speed_download}' http://$web/files/100m.bin" | awk '{printf "%.2f", $1 * 8 / 1e9}')
  small=$(client "wrk -t1 -c16 -d${seconds}s http://$web/files/1k.bin" | awk '/Requests\/sec/ {printf "%.0f", $2}')
  large=$(client "wrk -t1 -c16 -d${seconds}s http://$web/files/100k.bin" | awk '/Requests\/sec/ {printf "%.0f", $2}')
  latency=$(client "wrk -t1 -c1 -d${seconds}s --latency http://$web/files/1k.bin" | awk '/50%|99%/ {v = $2; f = 1; if (v ~ /ms/) f = 1000; else if (v !~ /us/) f = 1e6; printf "%.0f ", v * f}')
  echo "$bulk $small $large $latency"
}
cable=$(measure 198.18.7.2)
direct=$(measure "$web")
kubectl apply -f examples/l7-security/02-policy.yaml > /dev/null
kubectl wait --for=condition=Enforced --timeout=60s securitypolicy/web-attacks > /dev/null
sleep 2
spliced=$(measure "$web")

echo "| between two pods | 100 MB download Gbit/s | HTTP 1 KB req/s | HTTP 100 KB req/s | p50 µs | p99 µs |"
echo "|---|---|---|---|---|---|"
row() { echo "$2 $cable" | awk -v name="$1" '{printf "| %s | %s (%.2f×) | %s (%.2f×) | %s (%.2f×) | %s (%.2f×) | %s (%.2f×) |\n", name, $1, $1/$6, $2, $2/$7, $3, $3/$8, $4, $4/$9, $5, $5/$10}'; }
row "cable between the two namespaces" "$cable"
row "spliced without a firewall" "$direct"
row "through demilune-firewall, web baseline" "$spliced"
