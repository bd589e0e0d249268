"""The story of examples/story.txt by the client that openapi-python-client generates from openapi.yaml."""

import os
import uuid

from mutuals_client import AuthenticatedClient
from mutuals_client.api.departments import list_departments
from mutuals_client.api.mutuals import create_mutual, delete_mutual, get_mutual, replace_mutual
from mutuals_client.models import MutualInput, Problem
from mutuals_client.types import UNSET

client = AuthenticatedClient(base_url=os.environ["MUTUALS_URL"], token=os.environ["KEY"])
name = f"Story in Python {uuid.uuid4()}"


def mutual_of(staff):
    return MutualInput(name=name, sectors=["adult_social_care"], staff_count=staff)


def problem(answer):
    """A refusal is a `Problem`, whichever operation it comes from."""
    assert isinstance(answer.parsed, Problem), answer
    return f"{answer.parsed.status} {answer.parsed.type_.removeprefix('/problems/')}"


# A page says where the next one begins; the last one doesn't.
departments, pages, cursor = 0, 0, UNSET
while pages == 0 or cursor:
    page = list_departments.sync(client=client, limit=10, cursor=cursor)
    departments, pages, cursor = departments + len(page.items), pages + 1, page.next_cursor
print(f"list: {departments} departments on {pages} pages")

# A request that is sent again with its key is answered as before and makes no second mutual.
created = create_mutual.sync_detailed(client=client, body=mutual_of(11), idempotency_key=str(uuid.uuid4()))
mutual = created.parsed.id
print(f"create: {created.status_code}, version {created.parsed.version}")

read = get_mutual.sync_detailed(str(mutual), client=client)
first = read.headers["ETag"]
print(f"read: {read.status_code}, it is {'the same' if read.parsed.name == name else 'another'}")

replaced = replace_mutual.sync_detailed(
    str(mutual), client=client, body=mutual_of(12), if_match=first
)
second = replaced.headers["ETag"]
print(f"replace: {replaced.status_code}, version {replaced.parsed.version}")

stale = replace_mutual.sync_detailed(
    str(mutual), client=client, body=mutual_of(13), if_match=first
)
print(f"replace what has changed: {problem(stale)}")

nonsense = MutualInput(name="Nobody", legal_form="club", sectors=["gardening"])
wrong = create_mutual.sync_detailed(client=client, body=nonsense)
pointers = " and ".join(sorted(error.pointer for error in wrong.parsed.errors))
print(f"create what is wrong: {problem(wrong)} at {pointers}")

deleted = delete_mutual.sync_detailed(str(mutual), client=client, if_match=second)
print(f"delete: {deleted.status_code}")
print(f"read what is deleted: {problem(get_mutual.sync_detailed(str(mutual), client=client))}")
