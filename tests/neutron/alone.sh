# Sourced: the built-in network alone, with its identity service, on a free port of the loopback.
#   alone_up DIRECTORY      starts it and waits until it answers
#   alone_down              stops it; the directory stays, for its log
# Sets ALONE (the directory) and ALONE_URL; users are admin and member, each with a project of the same name, the password is $ALONE_PASSWORD.
# Needs what ./test has built in artifacts/bin.

ALONE_PASSWORD=alone-secret

alone_up() {
  ALONE=$1
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  ALONE_URL=http://127.0.0.1:$port
  mkdir -p "$ALONE"
  (umask 077 && cat > "$ALONE/users.json") << END
{
  "users": [
    { "name": "admin", "password": "$ALONE_PASSWORD", "projects": { "admin": ["admin", "member"] } },
    { "name": "member", "password": "$ALONE_PASSWORD", "projects": { "member": ["member"] }, "application_credentials": { "member-credential": "$ALONE_PASSWORD" } }
  ]
}
END
  setsid "$(dirname "${BASH_SOURCE[0]}")/../../artifacts/bin/Demilune.Controller/demilune-controller" --network-only --neutron-port "$port" \
    --neutron-identity "$ALONE/users.json" --data-directory "$ALONE/data" > "$ALONE/network.log" 2>&1 < /dev/null &
  ALONE_PID=$!
  local end=$((SECONDS + 60))
  until curl -fs "$ALONE_URL/" > /dev/null; do
    if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$ALONE_PID" 2> /dev/null; then
      echo "the built-in network does not come up; see $ALONE/network.log" >&2
      return 1
    fi
    sleep 0.3
  done
}

alone_down() {
  [ -n "${ALONE_PID:-}" ] || return 0
  kill "$ALONE_PID" 2> /dev/null
  wait "$ALONE_PID" 2> /dev/null
  ALONE_PID=
}
