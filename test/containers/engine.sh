#!/usr/bin/env bash
# Runs a command beside a real Docker engine of its own, which no other program on the machine finds: TEST_ENGINE names its socket.
# An image registry is not needed: the images that the product asks for are stand-ins, made here of Debian's and npm's packages, of the
# machine's Java and of the Neo4j that the product fetches anyway. KEEP_ENGINE=DIR keeps them for the next run.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=test/containers
[ "$#" -gt 0 ] || { echo "usage: $0 COMMAND…" >&2; exit 2; }

began=$SECONDS
say() { echo "== containers, $((SECONDS - began)) s: $*"; }
skip() {
  echo
  echo "!!!! NOT TESTED: containers. $*"
  echo "!!!! The Dockerfile, docker-compose.yml and the database in Docker were NOT run on this machine."
  exit 0
}

[ "$(id -u)" -eq 0 ] || skip 'A Docker engine of our own needs root.'
command -v apt-get > /dev/null || skip 'The engine comes from Debian, and there is no apt-get.'
if pgrep -x dockerd > /dev/null; then skip 'Another Docker engine runs, and both would use the network bridge docker0.'; fi
# What a run that was killed left behind.
ip link del docker0 2> /dev/null || true

debian=()
for pair in dockerd:docker.io docker-compose:docker-compose debootstrap:debootstrap iptables:iptables; do
  command -v "${pair%%:*}" > /dev/null || debian+=("${pair##*:}")
done
if [ "${#debian[@]}" -gt 0 ]; then
  say "from Debian: ${debian[*]}"
  apt-get update -qq
  # A package that starts a service would start an engine that everybody finds.
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; made_policy=yes; }
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${debian[@]}" > /dev/null || failed=yes
  [ -z "${made_policy:-}" ] || rm -f "$policy"
  [ -z "${failed:-}" ] || skip 'Debian gave no engine.'
fi

dir="${KEEP_ENGINE:-$(mktemp -d /tmp/engine.XXXXXX)}"
mkdir -p "$dir"
rm -f "$dir/docker.pid"
forward="$(cat /proc/sys/net/ipv4/ip_forward)"
policy_before="$(iptables -S FORWARD 2> /dev/null | sed -n 's/^-P FORWARD //p')"
# Not through DOCKER_HOST of the shell, nor by a context of the user's.
export DOCKER_HOST="unix://$dir/docker.sock" DOCKER_CONFIG="$dir/config" DOCKER_BUILDKIT=0
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH

end() {
  status=$?
  trap - EXIT
  set +e
  if docker info > /dev/null 2>&1; then
    docker ps -aq | xargs -r docker rm --force --volumes > /dev/null
    docker network prune --force > /dev/null
    docker volume prune --force > /dev/null
  fi
  # A test may have ended the engine and started another: whichever is there now.
  daemon="$(cat "$dir/docker.pid" 2> /dev/null)"
  if [ -n "$daemon" ] && kill "$daemon" 2> /dev/null; then
    for _ in $(seq 150); do kill -0 "$daemon" 2> /dev/null || break; sleep 0.1; done
    kill -KILL "$daemon" 2> /dev/null
  fi
  # The engine's own containerd, where the engine was killed and could not end it.
  containerd="$(cat "$dir/exec/containerd/containerd.pid" 2> /dev/null)"
  [ -z "$containerd" ] || kill "$containerd" 2> /dev/null
  for link in $(ip -o link 2> /dev/null | grep -oE '(docker0|br-[0-9a-f]{12})' | sort -u); do ip link del "$link" 2> /dev/null; done
  for table in filter nat; do
    iptables-save -t "$table" 2> /dev/null | grep -vE 'DOCKER|docker0|br-[0-9a-f]{12}' \
      | sed "s/^:FORWARD [A-Z]*/:FORWARD ${policy_before:-ACCEPT}/" | iptables-restore -T "$table" 2> /dev/null
  done
  echo "$forward" > /proc/sys/net/ipv4/ip_forward
  grep -o " $dir/[^ ]*" /proc/mounts | sort -r | xargs -r umount 2> /dev/null
  [ -n "${KEEP_ENGINE:-}" ] || rm -rf "$dir"
  say 'the engine has ended'
  exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$here/start-engine.sh" "$dir" || skip "dockerd does not start: $(tail -n 1 "$dir/dockerd.log")"
export TEST_ENGINE="$DOCKER_HOST" TEST_ENGINE_DIR="$dir"

# The old builder, which needs no plugin, warns each time that it is old.
build() { docker build --quiet "$@" > "$dir/build.log" 2>&1 || { cat "$dir/build.log" >&2; return 1; }; }
have() { docker image inspect "$1" > /dev/null 2>&1; }
# The product itself says which images it asks for.
read -r neo4j_image reaper_image java lib < <(node "$here/wanted.mjs")
node_image="$(sed -n 's/^FROM \(node:[^ ]*\).*/\1/p' Dockerfile | sort -u)"
base=debian:bookworm-slim
stage="$dir/stage"

if ! have "$base"; then
  say "$base, by debootstrap"
  mirror="$(apt-get indextargets --format '$(SITE) $(RELEASE)' | awk '$2 == "bookworm" { print $1; exit }')"
  mkdir -p "$stage"
  # shellcheck disable=SC2086
  debootstrap --variant=minbase bookworm "$stage/root" $mirror > "$dir/debootstrap.log"
  tar -c -C "$stage/root" --exclude=./var/cache/apt/archives/\* --exclude=./var/lib/apt/lists/\* . | docker import - "$base" > /dev/null
  rm -rf "$stage/root"
fi
if ! have "$neo4j_image"; then
  say "$neo4j_image, of Java in $java and the program files in $lib"
  rm -rf "$stage/neo4j"
  mkdir -p "$stage/neo4j"
  cp "$here"/images/neo4j/* "$stage/neo4j/"
  ln -s "$java" "$stage/neo4j/java"
  ln -s "$lib" "$stage/neo4j/lib"
  tar -ch -C "$stage/neo4j" --exclude=java/jmods --exclude=java/lib/src.zip --exclude=java/man . | build --tag "$neo4j_image" -
fi
if ! have "$node_image"; then
  say "$node_image, of npm's packages"
  rm -rf "$stage/node"
  mkdir -p "$stage/node"
  cp "$here"/images/node/* "$stage/node/"
  version="${node_image#node:}"
  arch="$(node -p 'process.arch')"
  (
    cd "$stage/node"
    npm pack --silent "node-linux-$arch@${version%%-*}" npm@11 > packed
    mkdir node npm
    tar -xzf "$(sed -n 1p packed)" -C node --strip-components=1
    tar -xzf "$(sed -n 2p packed)" -C npm --strip-components=1
    rm -f ./*.tgz
    # What this machine's npm needs to reach its registry, the build of the image needs too.
    certificates="$(npm config get cafile)"
    [ -f "$certificates" ] || certificates="${NODE_EXTRA_CA_CERTS:-}"
    echo "registry=$(npm config get registry)" > npmrc
    if [ -f "$certificates" ]; then
      cp "$certificates" certificates.pem
      echo 'cafile=/usr/local/etc/certificates.pem' >> npmrc
    else
      : > certificates.pem
    fi
    build --tag "$node_image" .
  )
fi
if ! have "$reaper_image"; then
  say "$reaper_image"
  build --tag "$reaper_image" --build-arg "NODE=$node_image" "$here/images/ryuk"
fi
rm -rf "$stage"
unset DOCKER_HOST
say "running: $*"
export TEST_NEO4J_IMAGE="$neo4j_image" TEST_REAPER_IMAGE="$reaper_image"
"$@"
