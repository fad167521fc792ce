#!/usr/bin/env bash
# Fetches other people's programs that `npm run test:clients` runs against the service: API clients, generators of
# clients, a fuzzer and a browser driver into .venv/ (never into our own package.json), Redis, Chromium and promtool from Debian where they are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

debian=()
command -v redis-server > /dev/null || debian+=(redis-server)
command -v chromium > /dev/null || debian+=(chromium)
command -v openssl > /dev/null || debian+=(openssl)
command -v promtool > /dev/null || debian+=(prometheus)
# Debian keeps parts of the standard library in packages of their own.
python3 -c 'import ensurepip, venv, lib2to3' 2> /dev/null || debian+=(python3 python3-venv python3-lib2to3)
if [ "${#debian[@]}" -gt 0 ]; then
  echo "== from Debian: ${debian[*]}"
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${debian[@]}" > /dev/null
fi

echo '== Python: pnutpy, adnpy, schemathesis, standardwebhooks, sseclient-py, networkx, DuckDB, pandas, what runs a notebook, openapi-python-client (with ruff, which formats what it makes)'
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r test/clients/requirements.txt
# adnpy was never released for Python 3: the standard library's own translator makes a Python 3 copy of it, nothing else is changed.
packages="$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
rm -rf .venv/adnpy3
mkdir .venv/adnpy3
cp -r "$packages/adnpy" .venv/adnpy3/adnpy
.venv/bin/python -W ignore -m lib2to3 --write --nobackups --no-diffs .venv/adnpy3/adnpy > /dev/null 2>&1

echo '== Node: appdotnet, playwright-core, eventsource, openapi-typescript, openapi-fetch'
mkdir -p .venv/node
[ -f .venv/node/package.json ] || echo '{"private": true}' > .venv/node/package.json
npm install --prefix .venv/node --silent --no-audit --no-fund --ignore-scripts \
  appdotnet@0.2.0 playwright-core@1.65.1 eventsource@4.1.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3
