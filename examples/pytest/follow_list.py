"""The app's own code: follows everybody on a list of names, such as one that was exported from another network."""

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

# A 503 says when to try again (Retry-After), and a change that was made already does no harm a second time.
AGAIN = HTTPAdapter(max_retries=Retry(10, status_forcelist=[503], allowed_methods=None, raise_on_status=False))


def follow_list(api, token, names):
    """Answers who was followed, which names nobody has, and who was refused, with the API's word for it."""
    followed, unknown, refused = [], [], {}
    with requests.Session() as session:
        session.mount(api, AGAIN)
        session.headers["Authorization"] = f"Bearer {token}"
        for name in names:
            answer = session.post(f"{api}/users/@{name}/follow", timeout=30)
            if answer.ok:
                followed.append(name)
            elif answer.status_code == 404:
                unknown.append(name)
            else:
                refused[name] = answer.json()["meta"]["error_slug"]
    return followed, unknown, refused
