"""Knows how to drive a Python client of the API unchanged: one call a line of JSON on stdin, its result a line on stdout.

usage: python_client.py MODULE API_ROOT TOKEN
A line is {"call": name, "args": [...], "kwargs": {...}}; "cursor:NAME" collects all pages of NAME, "model:NAME" calls a
method of the User that the first argument names, "app_token" asks for a token with the client credentials grant.
"""
import collections
import collections.abc
import importlib
import json
import sys

# Names that Python 3.10 took away and the clients of 2013 still use.
for name in ('Mapping', 'Iterable'):
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
collections.abc.defaultdict = collections.defaultdict

module, api_root, token = sys.argv[1:4]
client = importlib.import_module(module)
utils = importlib.import_module(module + '.utils')
api = client.API.build_api(api_root=api_root, access_token=token)


def call(name, args, kwargs):
    if name == 'app_token':
        return utils.get_app_access_token(*args, **kwargs), None
    if name.startswith('cursor:'):
        function = getattr(api, name.split(':')[1])
        return list(client.cursor(function, *args, **kwargs)), None
    if name.startswith('model:'):
        user, _ = api.get_user(args[0])
        return getattr(user, name.split(':')[1])() or (None, None)
    return getattr(api, name)(*args, **kwargs)


def plain(value):
    """The value without the client's own references to its API object, dates as text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if not key.startswith('_')}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, 'isoformat') else value


for line in sys.stdin:
    wish = json.loads(line)
    try:
        data, meta = call(wish['call'], wish.get('args', []), wish.get('kwargs', {}))
        answer = {'data': data, 'meta': meta}
    except Exception as error:
        answer = {'error': type(error).__name__, 'message': str(error), 'slug': getattr(error, 'error_slug', None)}
    print(json.dumps(plain(answer)), flush=True)
