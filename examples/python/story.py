"""The story of examples/story.txt by the client that openapi-python-client generates from openapi.yaml."""

import datetime
import os
import uuid

from mutuals_client import AuthenticatedClient
from mutuals_client.api.departments import list_departments
from mutuals_client.api.mutuals import create_mutual, delete_mutual, get_mutual, update_mutual
from mutuals_client.models import MutualInput, MutualPatch, MutualTestsInput, Problem, SourceInput
from mutuals_client.types import UNSET

client = AuthenticatedClient(base_url=os.environ["MUTUALS_URL"], token=os.environ["KEY"])
name = f"Story in Python {uuid.uuid4()}"


def values(read):
    """How many values the client has of what it read. It is fewer than were sent if the client loses some."""
    if isinstance(read, dict | list):
        return sum(map(values, read.values() if isinstance(read, dict) else read))
    return 1


def problem(answer):
    """A refusal is a `Problem`, whichever operation it comes from."""
    assert isinstance(answer.parsed, Problem), answer
    return f"{answer.parsed.status} {answer.parsed.type_.removeprefix('/problems/')}"


# A page says where the next one begins; the last one doesn't.
departments, pages, read, cursor = 0, 0, 0, UNSET
while pages == 0 or cursor:
    page = list_departments.sync(client=client, limit=10, cursor=cursor)
    departments, pages, cursor = departments + len(page.items), pages + 1, page.next_cursor
    read += values(page.to_dict()["items"])
print(f"list: {departments} departments on {pages} pages, {read} values")
page = list_departments.sync(client=client, kind=["local_authority", "nhs_provider"])
print(f"filter: {len(page.items)} departments of {len({item.kind for item in page.items})} kinds")

# A request that is sent again with its key is answered as before and makes no second mutual.
full = MutualInput(
    name=name,
    sectors=["adult_social_care"],
    staff_count=11,
    staff_counted_on="2025-03",
    sources=[SourceInput(title="A story", accessed_on=datetime.date(2025, 7, 1))],
    tests=MutualTestsInput(left_public_sector="met"),
)
created = create_mutual.sync_detailed(client=client, body=full, idempotency_key=str(uuid.uuid4()))
mutual = created.parsed.id
print(f"create: {created.status_code}, version {created.parsed.version}")

read = get_mutual.sync_detailed(str(mutual), client=client)
first = read.headers["ETag"]
same = "the same" if read.parsed.name == name else "another"
print(f"read: {read.status_code}, it is {same}, {values(read.parsed.to_dict())} values")


def update(if_match, staff):
    patch = MutualPatch(staff_count=staff)
    return update_mutual.sync_detailed(str(mutual), client=client, body=patch, if_match=if_match)


updated = update(first, 12)
second = updated.headers["ETag"]
count = values(updated.parsed.to_dict())
print(f"update: {updated.status_code}, version {updated.parsed.version}, {count} values")
print(f"update what has changed: {problem(update(first, 13))}")

nonsense = MutualInput(name="Nobody", legal_form="club", sectors=["gardening"])
wrong = create_mutual.sync_detailed(client=client, body=nonsense)
pointers = " and ".join(sorted(error.pointer for error in wrong.parsed.errors))
print(f"create what is wrong: {problem(wrong)} at {pointers}")

deleted = delete_mutual.sync_detailed(str(mutual), client=client, if_match=second)
print(f"delete: {deleted.status_code}")
print(f"read what is deleted: {problem(get_mutual.sync_detailed(str(mutual), client=client))}")
