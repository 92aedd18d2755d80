#!/usr/bin/env bash
# What the product costs between two real pods of the local cluster: the same client and server, once with no policy that
# names a security policy (the splice forwards directly) and once through the firewall with the web baseline. Prints a
# Markdown table with ratios of the one run. Build first (./run --once or ./test does).
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

# Each prints: bulk Gbit/s, HTTP 1 KB requests/s, 100 KB requests/s, latency p50 and p99 of one connection in microseconds.
measure() {
  local bulk small large latency
  bulk=$(client "curl -s -o /dev/null -w '%{speed_download}' http://$web/files/100m.bin" | awk '{printf "%.2f", $1 * 8 / 1e9}')
  small=$(client "wrk -t1 -c16 -d${seconds}s http://$web/files/1k.bin" | awk '/Requests\/sec/ {printf "%.0f", $2}')
  large=$(client "wrk -t1 -c16 -d${seconds}s http://$web/files/100k.bin" | awk '/Requests\/sec/ {printf "%.0f", $2}')
  latency=$(client "wrk -t1 -c1 -d${seconds}s --latency http://$web/files/1k.bin" | awk '/50%|99%/ {v = $2; f = 1; if (v ~ /ms/) f = 1000; else if (v !~ /us/) f = 1e6; printf "%.0f ", v * f}')
  echo "$bulk $small $large $latency"
}
direct=$(measure)
kubectl apply -f examples/l7-security/02-policy.yaml > /dev/null
kubectl wait --for=condition=Enforced --timeout=60s securitypolicy/web-attacks > /dev/null
sleep 2
spliced=$(measure)

echo "| between two pods | 100 MB download Gbit/s | HTTP 1 KB req/s | HTTP 100 KB req/s | p50 µs | p99 µs |"
echo "|---|---|---|---|---|---|"
echo "spliced without a firewall: $direct" | awk -F: '{split($2, v, " "); printf "| %s | %s | %s | %s | %s | %s |\n", $1, v[1], v[2], v[3], v[4], v[5]}'
echo "through demilune-firewall, web baseline: $spliced" | awk -F: '{split($2, v, " "); printf "| %s | %s | %s | %s | %s | %s |\n", $1, v[1], v[2], v[3], v[4], v[5]}'
echo "$direct $spliced" | awk '{printf "| ratio | %.2f | %.2f | %.2f | %.2f | %.2f |\n", $6 / $1, $7 / $2, $8 / $3, $9 / $4, $10 / $5}'
