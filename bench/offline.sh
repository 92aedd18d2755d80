#!/usr/bin/env bash
# Reading a capture with the same rules: demilune inspect beside Suricata with --runmode single (fetched by eng/suricata.sh, not
# installed). Two runs each, in turn; prints the better one of each in CPU time (all threads, so that a busy machine does not
# matter), what of it goes before the first frame, and memory.
#   bench/offline.sh [RULES [CONNECTIONS]]     folder of *.rules (default rules/), size of the capture (default 6000: 350 MB)
#   bench/offline.sh synthetic [CONNECTIONS]   20,000 rules that nobody wrote
# Build first (./run --once or ./test does). The machine should be otherwise idle: only ratios of one run are comparable.
set -euo pipefail
cd "$(dirname "$0")/.."
rules=${1:-rules} connections=${2:-6000}
demilune=artifacts/bin/Demilune.Cli/demilune
[ -x "$demilune" ] || { echo "bench: build first: ./run --once" >&2; exit 1; }
suricata=$(eng/suricata.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build bench/Demilune.Bench -c Release -v q --nologo > /dev/null
bench/Demilune.Bench/bin/Release/net10.0/demilune-bench capture "$work/traffic.pcap" "$connections"
bench/Demilune.Bench/bin/Release/net10.0/demilune-bench capture "$work/empty.pcap" 1
if [ "$rules" = synthetic ]; then
  bench/Demilune.Bench/bin/Release/net10.0/demilune-bench rules "$work/all.rules" 20000
else
  find "$rules" -name '*.rules' -exec cat {} + > "$work/all.rules"
fi
cat > "$work/suricata.yaml" << END
%YAML 1.1
---
vars:
  address-groups: {HOME_NET: "any", EXTERNAL_NET: "any", HTTP_SERVERS: "any", SMTP_SERVERS: "any", SQL_SERVERS: "any", DNS_SERVERS: "any", TELNET_SERVERS: "any", AIM_SERVERS: "any", DC_SERVERS: "any", DNP3_SERVER: "any", DNP3_CLIENT: "any", MODBUS_CLIENT: "any", MODBUS_SERVER: "any", ENIP_CLIENT: "any", ENIP_SERVER: "any"}
  port-groups: {HTTP_PORTS: "80", SHELLCODE_PORTS: "!80", ORACLE_PORTS: "1521", SSH_PORTS: "22", FILE_DATA_PORTS: "[80,110,143]", FTP_PORTS: "21", MODBUS_PORTS: "502", DNP3_PORTS: "20000", GENEVE_PORTS: "6081", VXLAN_PORTS: "4789", TEREDO_PORTS: "3544"}
classification-file: $(dirname "$suricata")/root/etc/suricata/classification.config
reference-config-file: $(dirname "$suricata")/root/etc/suricata/reference.config
outputs:
  - eve-log: {enabled: yes, filename: eve.json, types: [alert]}
app-layer: {protocols: {http: {enabled: yes}, tls: {enabled: yes}, dns: {udp: {enabled: yes}, tcp: {enabled: yes}}}}
END
# Prints: milliseconds of CPU, kilobytes at most.
timed() { # LOG COMMAND…
  local log=$1 pid most=0 now cpu=0 ticks
  shift
  "$@" > "$log" 2>&1 & pid=$!
  while [ -r "/proc/$pid/stat" ]; do
    ticks=$(awk '{ print $14 + $15 }' "/proc/$pid/stat" 2> /dev/null || true)
    now=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2> /dev/null || true)
    [ "${now:-0}" -le "$most" ] || most=$now
    [ "${ticks:-0}" -le "$cpu" ] || cpu=$ticks
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.02
  done
  wait "$pid" || { tail -n 5 "$log" >&2; return 1; }
  echo "$((cpu * 1000 / $(getconf CLK_TCK))) $most"
}
ours() { mkdir -p "$work/a"; timed "$work/log" "$demilune" inspect -r "$1" -S "$work/all.rules" -c "$work/suricata.yaml" -l "$work/a" -k none -q; }
theirs() { mkdir -p "$work/b"; rm -f "$work"/b/*; timed "$work/log" "$suricata" -r "$1" -S "$work/all.rules" -c "$work/suricata.yaml" -l "$work/b" -k none --runmode single; }
best() { sort -n | head -n 1; }
a=$(ours "$work/traffic.pcap") b=$(theirs "$work/traffic.pcap")
a=$(printf '%s\n%s\n' "$a" "$(ours "$work/traffic.pcap")" | best) b=$(printf '%s\n%s\n' "$b" "$(theirs "$work/traffic.pcap")" | best)
a0=$(ours "$work/empty.pcap") b0=$(theirs "$work/empty.pcap")
bytes=$(stat -c %s "$work/traffic.pcap")
echo "| engine | until ready, ms of CPU | capture, ms of CPU | Gbit/s of one CPU | memory, MB |"
echo "|---|---|---|---|---|"
echo "$a $a0 $b $b0 $bytes" | awk '{
  printf "| demilune inspect | %d | %d | %.2f | %d |\n", $3, $1 - $3, $9 * 8 / ($1 - $3) / 1e6, $2 / 1024
  printf "| Suricata, --runmode single | %d | %d | %.2f | %d |\n", $7, $5 - $7, $9 * 8 / ($5 - $7) / 1e6, $6 / 1024
  printf "| **ours over Suricata** | %.2f× | %.2f× | %.2f× | %.2f× |\n", $3 / $7, ($1 - $3) / ($5 - $7), ($5 - $7) / ($1 - $3), $2 / $6 }'
