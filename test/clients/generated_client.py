"""Uses the client that openapi-python-client made, typed throughout: follow, page to the end, read an annotation, hit a 404.

usage: generated_client.py API_ROOT TOKEN ID...     (with the generated package on PYTHONPATH; prints one object of JSON)
"""
import json
import sys

from follow_graph_client import AuthenticatedClient
from follow_graph_client.api.following import follow, following, following_ids
from follow_graph_client.api.users import patch_me, user, user_me
from follow_graph_client.models import (
    Annotation,
    Failure404,
    Failure404MetaErrorSlug,
    FollowPage,
    IdsAnswer,
    PatchMeBody,
    UserAnswer,
    UserType,
)

root, token, *ids = sys.argv[1:]
client = AuthenticatedClient(base_url=root, token=token)


def expect(kind, answer):
    if not isinstance(answer, kind):
        raise SystemExit(f'not a {kind.__name__}: {answer!r}')
    return answer


followed = [expect(UserAnswer, follow.sync(id, client=client)).data for id in ids]
assert all(one.you_follow is True and one.type_ is UserType.HUMAN for one in followed)

pages, before = [], {}
while True:
    page = expect(FollowPage, following.sync('me', client=client, count=2, **before))
    pages.append([item.id for item in page.data])
    assert all(item.followed_at.endswith('Z') for item in page.data)
    if not page.meta.more:
        break
    before = {'before_id': page.meta.min_id}
every = expect(IdsAnswer, following_ids.sync('me', client=client))

body = PatchMeBody.from_dict({'annotations': [{'type': 'org.example.mood', 'value': {'mood': ['good']}}]})
expect(UserAnswer, patch_me.sync(client=client, body=body))
annotated = expect(UserAnswer, user_me.sync(client=client, include_annotations=1)).data
annotation = expect(Annotation, annotated.annotations[0])

missing = expect(Failure404, user.sync('@nobody_at_all', client=client))
assert missing.meta.error_slug is Failure404MetaErrorSlug.NOT_FOUND

print(json.dumps({
    'followed': [one.id for one in followed],
    'pages': pages,
    'ids': every.data,
    'annotation': [annotation['type'], annotation['value']],
    'missing': [missing.meta.code, missing.meta.error_message],
}))
client.get_httpx_client().close()
