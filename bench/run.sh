#!/usr/bin/env bash
# What a firewall in the path costs: bulk throughput, HTTP requests per second and round trips between two network
# namespaces, over a bare cable, through a forwarder that looks at nothing, through demilune-firewall with the web
# rules, and through Suricata inline with the same rules (fetched by eng/suricata.sh, not installed). Prints a Markdown
# table with ratios to the bare cable, and ours over Suricata's.
#   bench/run.sh [SECONDS [RULES]]      seconds per measurement (default 3), folder of *.rules (default rules/); as root
# Needs iproute2, iperf3, wrk, nginx. The machine should be otherwise idle: only ratios of one run are comparable.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-3} rules=$(realpath "${2:-rules}")
for tool in ip tc iperf3 wrk nginx ethtool; do
  command -v "$tool" > /dev/null || { echo "bench: $tool is not installed (Debian: iproute2 iperf3 wrk nginx-light ethtool)" >&2; exit 1; }
done
dotnet build bench/Demilune.Bench -c Release -v q --nologo > /dev/null
bench=bench/Demilune.Bench/bin/Release/net10.0/demilune-bench
firewall=bench/Demilune.Bench/bin/Release/net10.0/demilune-firewall
words=tests/Demilune.Firewall.Tests/EndToEnd/words.bpf.o

id=$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')
client=bench-$id-c server=bench-$id-s in=b${id}i out=b${id}o
work=$(mktemp -d)
pids=()
cleanup() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2> /dev/null || true
  [ ! -e "$work/nginx.pid" ] || kill "$(cat "$work/nginx.pid")" 2> /dev/null || true
  wait 2> /dev/null || true
  ip netns delete "$client" 2> /dev/null || true
  ip netns delete "$server" 2> /dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

ip netns add "$client"
ip netns add "$server"
for peer in "$client" "$server"; do
  ip -n "$peer" link set lo up
  # bbr, the default of some machines, paces and halves every figure.
  ip netns exec "$peer" sysctl -qw net.ipv4.tcp_congestion_control=reno
done

# "plain" is the bare cable (198.18.1.0/24), "inline" the one with a gap for a firewall (198.18.2.0/24)
address() { # NAMESPACE LINK NETWORK OWN PEER
  ip -n "$1" link set dev "$2" address "02:00:00:00:0$3:0$4" up
  ip -n "$1" address add "198.18.$3.$4/24" dev "$2"
  ip -n "$1" neighbour add "198.18.$3.$5" lladdr "02:00:00:00:0$3:0$5" dev "$2" nud permanent
}
ip -n "$client" link add plain type veth peer name plain netns "$server"
ip link add "$in" type veth peer name inline netns "$client"
ip link add "$out" type veth peer name inline netns "$server"
for near in "$in" "$out"; do
  echo 1 > "/proc/sys/net/ipv6/conf/$near/disable_ipv6"
  ip link set dev "$near" up
done
address "$client" plain 1 1 2
address "$server" plain 1 2 1
address "$client" inline 2 1 2
address "$server" inline 2 2 1
wrap() { # the splice's words on and off again: without them the firewall would not look
  local role=$1 peer=$2
  ip netns exec "$peer" tc qdisc add dev inline clsact
  ip netns exec "$peer" tc filter add dev inline egress bpf da obj "$words" sec "classifier/$role"
  ip netns exec "$peer" tc filter add dev inline ingress bpf da obj "$words" sec classifier/unwrap
}
unwrap() { for peer in "$client" "$server"; do ip netns exec "$peer" tc qdisc delete dev inline clsact; done; }

mkdir "$work/www"
head -c 1024 /dev/zero | tr '\0' x > "$work/www/1k"
head -c 102400 /dev/zero | tr '\0' x > "$work/www/100k"
cat > "$work/nginx.conf" << END
worker_processes 1; pid $work/nginx.pid; error_log $work/error.log; daemon on;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000; sendfile on; client_body_temp_path $work/b; proxy_temp_path $work/p;
  fastcgi_temp_path $work/f; scgi_temp_path $work/s; uwsgi_temp_path $work/u;
  server { listen 80; root $work/www; } }
END
chmod 755 "$work" "$work/www"
ip netns exec "$server" nginx -c "$work/nginx.conf" 2> /dev/null
ip netns exec "$server" iperf3 -s -p 5201 > /dev/null & pids+=($!)
ip netns exec "$server" "$bench" answer 7000 & pids+=($!)
sleep 1

requests() { ip netns exec "$client" wrk -t1 -c8 -d"${seconds}s" "http://$1/$2" | awk '/Requests\/sec/ { print $2 }'; }
bulk() { ip netns exec "$client" iperf3 -c "$1" -p 5201 -t "$seconds" -J | awk '/"sum_received"/ { seen = 1 } seen && /bits_per_second/ { gsub(/[^0-9.e+]/, "", $2); printf "%.2f\n", $2 / 1e9; exit }'; }

# What a virtual machine's host keeps for others while a path is measured: above a few percent that is what is measured.
stolen() { awk '/^cpu / { print $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat; }

printf '| path | bulk Gbit/s | HTTP 1 KB req/s | HTTP 100 KB req/s | round trip p50 / p99 µs | CPU stolen |\n|---|---|---|---|---|---|\n'
declare -A seen
measure() { # NAME ADDRESS
  local name=$1 at=$2 before after
  before=$(stolen)
  seen[$name]="$(bulk "$at") $(requests "$at" 1k) $(requests "$at" 100k) $(ip netns exec "$client" "$bench" ask "$at" 7000 "$seconds")"
  after=$(stolen)
  echo "${seen[$name]} ${seen[bare cable]} $before $after" | awk -v name="$name" '{
    printf "| %s | %.1f (%.2f×) | %.0f (%.2f×) | %.0f (%.2f×) | %d / %d (%.2f×) | %.0f %% |\n", name, $1, $1/$6, $2, $2/$7, $3, $3/$8, $4, $5, $4/$9, 100 * ($13 - $11) / ($14 - $12) }'
}
through() { # NAME COMMAND…: with it standing between the two interfaces
  local name=$1 pid
  shift
  "$@" > "$work/log" 2>&1 & pid=$!
  pids+=("$pid")
  for _ in $(seq 100); do
    if ip netns exec "$client" ping -c 1 -W 1 198.18.2.2 > /dev/null 2>&1; then break; fi
    kill -0 "$pid" 2> /dev/null || { cat "$work/log" >&2; return 1; }
    sleep 0.1
  done
  measure "$name" 198.18.2.2
  kill "$pid"
  wait "$pid" 2> /dev/null || true
}

measure "bare cable" 198.18.1.2
wrap client "$client"
wrap server "$server"
through "forwarder, nothing inspected" "$bench" forward "$in" "$out"
through "demilune-firewall" "$firewall" --in "$in" --out "$out" --rules "$rules" --health "bench-$id"
unwrap
suricata=$(eng/suricata.sh) || { echo "bench: no Suricata to compare with" >&2; exit 0; }
# Its inline mode over veth passes no bulk TCP unless the peers cut and sum their segments themselves. And it takes a
# policy that refuses nothing: rules that drop would end the measurement, not the requests.
for peer in "$client" "$server"; do ip netns exec "$peer" ethtool -K inline tx off tso off gso off > /dev/null; done
cat "$rules"/*.rules | sed -E 's/^(drop|reject) /alert /' > "$work/all.rules"
cat > "$work/suricata.yaml" << END
%YAML 1.1
---
vars:
  address-groups: {HOME_NET: "any", EXTERNAL_NET: "any", HTTP_SERVERS: "any", SMTP_SERVERS: "any", SQL_SERVERS: "any", DNS_SERVERS: "any", TELNET_SERVERS: "any", AIM_SERVERS: "any", DC_SERVERS: "any"}
  port-groups: {HTTP_PORTS: "any", SHELLCODE_PORTS: "any", ORACLE_PORTS: "any", SSH_PORTS: "any", FILE_DATA_PORTS: "any", FTP_PORTS: "any", MODBUS_PORTS: "any", DNP3_PORTS: "any", GENEVE_PORTS: "any", VXLAN_PORTS: "any", TEREDO_PORTS: "any"}
default-rule-path: $work
rule-files: [all.rules]
classification-file: $(dirname "$suricata")/root/etc/suricata/classification.config
reference-config-file: $(dirname "$suricata")/root/etc/suricata/reference.config
outputs: []
af-packet:
  - {interface: $in, copy-iface: $out, copy-mode: ips, cluster-id: 97, cluster-type: cluster_flow, threads: 1, use-mmap: yes}
  - {interface: $out, copy-iface: $in, copy-mode: ips, cluster-id: 98, cluster-type: cluster_flow, threads: 1, use-mmap: yes}
app-layer: {protocols: {http: {enabled: yes}, tls: {enabled: yes}, dns: {udp: {enabled: yes}, tcp: {enabled: yes}}}}
END
through "Suricata inline (peers without offloads)" "$suricata" -c "$work/suricata.yaml" --af-packet -l "$work"
echo "${seen[demilune-firewall]} ${seen[Suricata inline (peers without offloads)]}" |
  awk '{ printf "| **ours over Suricata** | %.1f× | %.2f× | %.1f× | %.2f× / %.2f× |\n", $1/$6, $2/$7, $3/$8, $4/$9, $5/$10 }'
