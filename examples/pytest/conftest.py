"""A follow-graph for the test run: started by npx on a free port with a database of its own, and ended after the last test."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from follow_list import AGAIN

# The first start on a machine downloads Neo4j.
START_SECONDS = 300


@pytest.fixture(scope="session")
def graph():
    with tempfile.TemporaryDirectory(prefix="follow-graph-", ignore_cleanup_errors=True) as folder:
        log, data = Path(folder, "serve.log"), str(Path(folder, "data"))
        # Empty is as if not set: the tests are not for the database that the shell may know.
        own = {"NEO4J_URI": "", "NEO4J_USERNAME": "", "NEO4J_PASSWORD": "", "NEO4J_DATABASE": ""}
        env = {**os.environ, **own, "PORT": "0", "RATE_LIMIT": "off", "LOG_LEVEL": "warn"}
        command = ["npx", "follow-graph", "serve", "--data", data]
        with log.open("w") as output:
            service = subprocess.Popen(command, env=env, stdout=output, stderr=output, start_new_session=True)
        try:
            yield Graph(address_of(service, log), data, env)
        finally:
            # As Ctrl-C in a terminal: to npx and to what it started.
            if service.poll() is None:
                os.killpg(service.pid, signal.SIGINT)
            service.wait(60)
            wait_for(lambda: not group_lives(service.pid), 60, "the service did not end")


def address_of(service, log):
    def address():
        found = re.search(r"listens on (http://\S+)", log.read_text())
        if found is None and service.poll() is not None:
            raise RuntimeError(f"follow-graph ended with {service.returncode}: {log.read_text()}")
        return found and found[1]

    return wait_for(address, START_SECONDS, "follow-graph did not start")


def wait_for(condition, seconds, failure):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise RuntimeError(failure)


def group_lives(group):
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


class Graph:
    """Makes users and tokens as a platform's account system does: over HTTP, with the token of an app."""

    def __init__(self, url, data, env):
        self.api = f"{url}/stream/0"
        self._next = 0
        self._session = requests.Session()
        self._session.mount(url, AGAIN)
        create = ["npx", "follow-graph", "client", "create", "tests", "--scope", "provision", "--data", data]
        client = json.loads(subprocess.run(create, check=True, capture_output=True, text=True, env=env).stdout)
        grant = {"grant_type": "client_credentials", **client}
        self._token = self._session.post(f"{self.api}/oauth/access_token", data=grant, timeout=30).json()["access_token"]

    def call(self, token, method, path, **body):
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._session.request(method, self.api + path, headers=headers, json=body or None, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def user(self, **fields):
        """A new user with a token; each test makes its own, so tests do not meet."""
        self._next += 1
        fields = {"username": f"user{self._next}", **fields}
        user = self.call(self._token, "PUT", f"/users/{self._next}", **fields)["data"]
        made = self.call(self._token, "POST", f"/users/{user['id']}/tokens", scopes=["follow", "update_profile"])
        return SimpleNamespace(id=user["id"], username=user["username"], token=made["access_token"])
