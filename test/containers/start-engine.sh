#!/usr/bin/env bash
# Starts a Docker engine whose files are all in one folder, and waits until it answers. Also used by the test that ends one.
set -euo pipefail
dir="$1"
nohup dockerd --host "unix://$dir/docker.sock" --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/docker.pid" \
  >> "$dir/dockerd.log" 2>&1 < /dev/null &
for _ in $(seq 300); do
  if docker --host "unix://$dir/docker.sock" info > /dev/null 2>&1; then exit 0; fi
  kill -0 $! 2> /dev/null || exit 1
  sleep 0.1
done
exit 1
