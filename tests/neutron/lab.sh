# Sourced: a small OpenStack network on this machine, from Debian's packages, under one directory and on free ports of the loopback:
# Keystone, Neutron with networking-sfc, and Open vSwitch in user space with Neutron's agent. Needs root; touches no service of the system.
#   lab_up DIRECTORY      starts all of it and waits until it is ready
#   lab_down              stops it; the directory stays, for its logs
# Sets LAB, LAB_NEUTRON, LAB_KEYSTONE, LAB_PASSWORD, LAB_OVSDB, and writes $LAB/clouds.yaml with the cloud "lab".

LAB_PASSWORD=lab-secret

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

lab_fail() {
  echo "the lab: $1" >&2
  return 1
}

# spawn NAME COMMAND…: in a session of its own, so that its children end with it
spawn() {
  local name=$1
  shift
  setsid "$@" >> "$LAB/log/$name.log" 2>&1 < /dev/null &
  echo $! > "$LAB/run/$name.pid"
  # Or the shell has the last word about those that had to be killed.
  disown
}

reap() {
  local pid
  pid=$(cat "$LAB/run/$1.pid" 2> /dev/null) || return 0
  rm -f "$LAB/run/$1.pid"
  kill "$pid" 2> /dev/null || return 0
  for _ in $(seq 50); do
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$pid" 2> /dev/null || true
}

# await SECONDS WHAT COMMAND…
await() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { lab_fail "$what is not ready; see $LAB/log"; return 1; }
    sleep 0.5
  done
}

lab_sql() { mariadb --no-defaults -u root -S "$LAB/run/sql.sock" -N -B "$@"; }

lab_database() {
  mariadb-install-db --no-defaults --user=root --datadir="$LAB/sql" --auth-root-authentication-method=normal --skip-test-db > "$LAB/log/sql-install.log" 2>&1 || return 1
  spawn sql mariadbd --no-defaults --user=root --datadir="$LAB/sql" --socket="$LAB/run/sql.sock" --pid-file="$LAB/run/mariadbd" \
    --skip-networking --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --performance-schema=OFF \
    --max-connections=300 --character-set-server=utf8mb3
  await 90 MariaDB lab_sql -e 'select 1' || return 1
  lab_sql -e 'create database keystone; create database neutron'
}

lab_connection() { echo "mysql+pymysql://root@localhost/$1?unix_socket=$LAB/run/sql.sock&charset=utf8"; }

# A token of the cloud's administrator.
lab_token() {
  curl -fsS -D - -o /dev/null -H 'Content-Type: application/json' "$LAB_KEYSTONE/auth/tokens" -d '{"auth": {
    "identity": {"methods": ["password"], "password": {"user": {"name": "admin", "domain": {"id": "default"}, "password": "'"$LAB_PASSWORD"'"}}},
    "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}}' | tr -d '\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p'
}

# openstack METHOD URL [BODY]: as the administrator
openstack_call() { curl -fsS -X "$1" -H "X-Auth-Token: $LAB_TOKEN" -H 'Content-Type: application/json' "$2" ${3:+-d "$3"}; }

lab_keystone() {
  local port
  port=$(free_port)
  LAB_KEYSTONE=http://127.0.0.1:$port/v3
  mkdir -p "$LAB/keystone/fernet" "$LAB/keystone/credential"
  chmod 700 "$LAB/keystone/fernet" "$LAB/keystone/credential"
  cat > "$LAB/keystone/keystone.conf" << END
[DEFAULT]
log_file = $LAB/log/keystone-api.log
[database]
connection = $(lab_connection keystone)
[token]
provider = fernet
[fernet_tokens]
key_repository = $LAB/keystone/fernet
[credential]
key_repository = $LAB/keystone/credential
[cache]
enabled = false
[identity]
password_hash_rounds = 4
END
  local manage="keystone-manage --config-file $LAB/keystone/keystone.conf"
  {
    $manage db_sync &&
      $manage fernet_setup --keystone-user root --keystone-group root &&
      $manage credential_setup --keystone-user root --keystone-group root &&
      $manage bootstrap --bootstrap-password "$LAB_PASSWORD" --bootstrap-region-id RegionOne --bootstrap-public-url "$LAB_KEYSTONE" --bootstrap-internal-url "$LAB_KEYSTONE"
  } > "$LAB/log/keystone-manage.log" 2>&1 || { lab_fail "keystone-manage; see $LAB/log/keystone-manage.log"; return 1; }
  # Its HTTP server keeps no connection alive and has to say so, or clients that use one again are cut off.
  spawn keystone env OS_KEYSTONE_CONFIG_DIR="$LAB/keystone" OS_KEYSTONE_CONFIG_FILES=keystone.conf \
    uwsgi --plugin python3 --master --die-on-term --lazy-apps --processes 2 --buffer-size 65535 --add-header "Connection: close" \
    --http-socket "127.0.0.1:$port" --wsgi-file /usr/bin/keystone-wsgi-public
  await 120 Keystone curl -fsS "$LAB_KEYSTONE" || return 1
  LAB_TOKEN=$(lab_token)
  local service
  service=$(openstack_call POST "$LAB_KEYSTONE/services" '{"service": {"name": "neutron", "type": "network"}}' | jq -r .service.id) || return 1
  openstack_call POST "$LAB_KEYSTONE/endpoints" \
    '{"endpoint": {"service_id": "'"$service"'", "interface": "public", "region_id": "RegionOne", "url": "'"$LAB_NEUTRON"'"}}' > /dev/null
}

lab_rabbit() {
  local port=$1 epmd
  epmd=$(free_port)
  export ERL_EPMD_PORT=$epmd ERL_EPMD_ADDRESS=127.0.0.1
  spawn epmd epmd -address 127.0.0.1 -port "$epmd" -relaxed_command_check
  mkdir -p "$LAB/rabbit"
  echo "listeners.tcp.local = 127.0.0.1:$port" > "$LAB/rabbit/rabbitmq.conf"
  : > "$LAB/rabbit/plugins"
  spawn rabbit env HOME="$LAB/rabbit" ERL_CRASH_DUMP="$LAB/log/erl_crash.dump" RABBITMQ_NODENAME="lab$port@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$port" \
    RABBITMQ_DIST_PORT="$(free_port)" \
    RABBITMQ_MNESIA_BASE="$LAB/rabbit" RABBITMQ_LOG_BASE="$LAB/log" RABBITMQ_CONFIG_FILE="$LAB/rabbit/rabbitmq.conf" \
    RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_ENABLED_PLUGINS_FILE="$LAB/rabbit/plugins" RABBITMQ_PID_FILE="$LAB/run/rabbit-own" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none" /usr/lib/rabbitmq/bin/rabbitmq-server
  await 180 RabbitMQ bash -c "exec 3<> /dev/tcp/127.0.0.1/$port"
}

lab_neutron() {
  local amqp=$1 host
  host=$LAB_HOST
  cat > "$LAB/neutron/neutron.conf" << END
[DEFAULT]
host = $host
bind_host = 127.0.0.1
bind_port = ${LAB_NEUTRON##*:}
state_path = $LAB/neutron
api_paste_config = /etc/neutron/api-paste.ini
auth_strategy = keystone
transport_url = rabbit://guest:guest@127.0.0.1:$amqp/
core_plugin = ml2
service_plugins = router,qos,trunk,flow_classifier,sfc
api_workers = 1
rpc_workers = 1
rpc_state_report_workers = 0
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
network_auto_schedule = false
dhcp_agent_notification = false
[database]
connection = $(lab_connection neutron)
[oslo_concurrency]
lock_path = $LAB/neutron/lock
[agent]
root_helper = env OVS_RUNDIR=$OVS_RUNDIR
[sfc]
drivers = ovs
[flowclassifier]
drivers = ovs
[keystone_authtoken]
www_authenticate_uri = $LAB_KEYSTONE
auth_url = $LAB_KEYSTONE
auth_type = password
username = admin
password = $LAB_PASSWORD
project_name = admin
user_domain_id = default
project_domain_id = default
END
  cat > "$LAB/neutron/ml2.ini" << END
[ml2]
type_drivers = vxlan
tenant_network_types = vxlan
mechanism_drivers = openvswitch
extension_drivers = port_security,qos
path_mtu = 1550
[ml2_type_vxlan]
vni_ranges = 1:1000
END
  neutron-db-manage --config-file "$LAB/neutron/neutron.conf" --config-file "$LAB/neutron/ml2.ini" upgrade heads > "$LAB/log/neutron-db.log" 2>&1 ||
    { lab_fail "neutron-db-manage; see $LAB/log/neutron-db.log"; return 1; }
  spawn neutron neutron-server --config-file "$LAB/neutron/neutron.conf" --config-file "$LAB/neutron/ml2.ini"
  await 180 "Neutron's server" curl -fsS "$LAB_NEUTRON/"
}

lab_switch() {
  ovsdb-tool create "$LAB/ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema || return 1
  spawn ovsdb ovsdb-server "$LAB/ovs/conf.db" --remote=punix:"$LAB_OVSDB" --unixctl="$LAB/ovs/ovsdb.ctl" -vconsole:warn
  await 30 ovsdb-server ovs-vsctl --no-wait --timeout=2 init || return 1
  ovs-vsctl --no-wait set Open_vSwitch . external_ids:system-id="$LAB_HOST" external_ids:hostname="$LAB_HOST"
  spawn vswitchd ovs-vswitchd "unix:$LAB_OVSDB" --unixctl="$LAB/ovs/vswitchd.ctl" -vconsole:warn
  await 30 ovs-vswitchd ovs-appctl -t "$LAB/ovs/vswitchd.ctl" version || return 1
  # In user space: no kernel module is needed.
  ovs-vsctl --timeout=20 add-br br-int -- set bridge br-int datapath_type=netdev
  cat > "$LAB/neutron/agent.ini" << END
[ovs]
datapath_type = netdev
integration_bridge = br-int
tunnel_bridge = br-tun
local_ip = 127.0.0.1
ovsdb_connection = unix:$LAB_OVSDB
of_listen_address = 127.0.0.1
of_listen_port = $(free_port)
[agent]
tunnel_types = vxlan
extensions = qos,sfc
polling_interval = 1
report_interval = 10
root_helper = env OVS_RUNDIR=$OVS_RUNDIR
[securitygroup]
enable_security_group = true
firewall_driver = openvswitch
END
  spawn agent neutron-openvswitch-agent --config-file "$LAB/neutron/neutron.conf" --config-file "$LAB/neutron/agent.ini"
  # Its tunnel's end comes last, and networking-sfc fails without it.
  await 180 "Neutron's Open vSwitch agent" lab_agent_is_up
}

lab_agent_is_up() {
  openstack_call GET "$LAB_NEUTRON/v2.0/agents?binary=neutron-openvswitch-agent" | jq -e '.agents[0].alive' &&
    lab_sql -e "select 'yes' from neutron.ml2_vxlan_endpoints where host = '$LAB_HOST'" | grep -q yes &&
    ovs-ofctl -O OpenFlow13 dump-flows br-int table=60 | grep -q 'priority=3'
}

lab_up() {
  LAB=$1 LAB_HOST=${2:-$(hostname)}
  mkdir -p "$LAB/run" "$LAB/log" "$LAB/ovs" "$LAB/neutron/lock"
  export OVS_RUNDIR=$LAB/ovs OVS_DBDIR=$LAB/ovs OVS_LOGDIR=$LAB/log OVS_SYSCONFDIR=$LAB/ovs
  LAB_OVSDB=$LAB/ovs/db.sock
  LAB_NEUTRON=http://127.0.0.1:$(free_port)
  local amqp
  amqp=$(free_port)
  lab_database && lab_keystone && lab_rabbit "$amqp" && lab_neutron "$amqp" && lab_switch || return 1
  cat > "$LAB/clouds.yaml" << END
clouds:
  lab:
    auth:
      auth_url: $LAB_KEYSTONE
      username: admin
      password: $LAB_PASSWORD
      project_name: admin
      user_domain_id: default
      project_domain_id: default
    region_name: RegionOne
END
}

lab_down() {
  reap agent
  # "--cleanup" also takes away the devices that bridges in user space leave behind.
  [ -S "$LAB/ovs/vswitchd.ctl" ] && ovs-appctl -T 10 -t "$LAB/ovs/vswitchd.ctl" exit --cleanup > /dev/null 2>&1
  for name in neutron keystone vswitchd ovsdb rabbit epmd sql; do reap "$name"; done
}
