"""Says to Schemathesis what the schema of a request cannot: one token a request, real time zones, what JSONP does to a status."""
import re

import schemathesis
from schemathesis import GenerationMode

IDENTIFIER = re.compile(r'[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*)*')


@schemathesis.hook
def map_body(context, body):
    # The token is in a header: a second one in the body would be a 400 (RFC 6750 section 2).
    if isinstance(body, dict):
        body.pop('access_token', None)
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    # Which names are time zones is not in the schema: the list changes with the time zone database.
    body = case.body
    if isinstance(body, dict) and isinstance(body.get('timezone'), str) and 0 < len(body['timezone']) <= 64:
        body['timezone'] = 'Europe/Berlin'
    # With a callback a refusal comes with status 200: where something else is wrong, the fuzzer shall see the refusal.
    query = case.query or {}
    # The fuzzer waits for ten seconds at most.
    if str(query.get('wait')) in [str(n) for n in range(2, 31)]:
        query['wait'] = 1
    callback = query.get('callback')
    wrong = case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE
    if wrong and isinstance(callback, str) and IDENTIFIER.fullmatch(callback):
        del query['callback']
