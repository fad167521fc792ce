#!/bin/bash
# What the product and docker-compose.yml use of the start script of Neo4j's image: as root it takes the folders over for the user neo4j
# and goes on as that; NEO4J_… become settings; NEO4J_AUTH is the first password, in which a slash is refused; any command may be given.
set -eu
as=()
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=7474 --regid=7474 --clear-groups)
  chown -R neo4j:neo4j "$NEO4J_HOME/conf" "$NEO4J_HOME/run"
  for folder in /data /logs; do
    if [ "$("${as[@]}" find "$folder" -not -writable 2>&1 | wc -l)" -gt 0 ]; then chown -R neo4j:neo4j "$folder"; fi
  done
else
  for folder in /data /logs; do [ -w "$folder" ] || { echo "Folder $folder is not accessible for user $(id -u)" >&2; exit 1; }; done
fi
conf="$NEO4J_HOME/conf/neo4j.conf"
printf 'server.default_listen_address=0.0.0.0\nserver.directories.logs=/logs\n' > "$conf"
while IFS= read -r -d '' pair; do
  name="${pair%%=*}"
  case "$name" in
    NEO4J_AUTH | NEO4J_EDITION | NEO4J_HOME) ;;
    NEO4J_*) echo "$(echo "${name#NEO4J_}" | sed 's|_|.|g; s|\.\.|_|g')=${pair#*=}" >> "$conf" ;;
  esac
done < /proc/self/environ
if [ "$1" = neo4j ]; then
  if [[ "${NEO4J_AUTH:-}" =~ ^neo4j/([^/]+)/?$ ]]; then
    "${as[@]}" neo4j-admin dbms set-initial-password "${BASH_REMATCH[1]}"
  elif [ -n "${NEO4J_AUTH:-}" ]; then
    echo "Invalid value for NEO4J_AUTH: '$NEO4J_AUTH'" >&2
    exit 1
  fi
  eval exec "${as[@]}" "$("${as[@]}" neo4j console --dry-run)"
else
  exec "${as[@]}" "$@"
fi
