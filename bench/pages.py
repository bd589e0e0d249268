#!/usr/bin/env python3
"""The pages for people: the time to the first byte of each, beside those of the answers of the API that it is made of.

    bench/pages.py PORT     of a service with mutuals and contracts on this machine, such as that of `make run`
"""

import http.client
import json
import statistics
import sys
import time

ROUNDS = 200
# Times the answers that a page is made of, one after the other.
AT_MOST = 2.0

PAGES = {
    "/": [
        "/v1/statistics",
        "/v1/statistics/timeline?by=year",
        "/v1/reports/cliff-edge?within_months=12&limit=5",
        "/v1/entries?limit=8",
    ],
    "/mutuals": [
        "/v1/mutuals?sort=name&count=exact&expand=department&limit=25",
        "/v1/statistics/mutual-counts",
    ],
    "/mutuals/{mutual}": [
        "/v1/mutuals/{mutual}?expand=department,other_departments,successor",
        "/v1/mutuals/{mutual}/stage-transitions?limit=100",
        "/v1/staff-ballots?mutual={mutual}&limit=100",
        "/v1/contracts?mutual={mutual}&limit=100",
        "/v1/mutuals/{mutual}/annual-returns?limit=100",
        "/v1/mutuals/{mutual}/endorsements?limit=100",
        "/v1/mutuals/{mutual}/objections?limit=100",
        "/v1/mutuals/{mutual}/readiness",
    ],
    "/contracts/{contract}": [
        "/v1/contracts/{contract}?expand=mutual,department",
        "/v1/contracts/{contract}/compliance",
        "/v1/contracts/{contract}/competitions?limit=100",
        "/v1/contracts/{contract}/notices?limit=100",
    ],
    "/figures": ["/v1/statistics"],
}


def measure(port):
    """For each page its time in ms, that of its answers together and that of the slowest of them: medians of rounds by turns."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    contract = json.loads(fetch(connection, "/v1/contracts?limit=1")[1])["items"][0]
    names = {"mutual": contract["mutual_id"], "contract": contract["id"]}
    rows = []
    for page, answers in PAGES.items():
        paths = [path.format(**names) for path in [page, *answers]]
        rounds = [[fetch(connection, path)[0] for path in paths] for _ in range(ROUNDS)]
        own, *others = (1_000 * statistics.median(times) for times in zip(*rounds))
        rows.append((page, own, sum(others), max(others)))
    connection.close()
    return rows


def fetch(connection, path):
    """Seconds until the answer began, and all of it."""
    started = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "text/html, application/json;q=0.9"})
    response = connection.getresponse()
    seconds = time.perf_counter() - started
    body = response.read()
    if response.status != 200:
        sys.exit(f"GET {path}: {response.status} {body.decode(errors='replace')}")
    return seconds, body


def table(rows):
    lines = ["", "| page | first byte | its answers | beside them | the slowest | beside it | at most | |", "| --- | --: | --: | --: | --: | --: | --: | --- |"]
    for page, own, together, slowest in rows:
        verdict = "met" if own <= AT_MOST * together else "**missed**"
        lines.append(
            f"| `{page}` | {own:.2f} ms | {together:.2f} ms | {own / together:.2f} × | {slowest:.2f} ms | {own / slowest:.2f} × | {AT_MOST} × | {verdict} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measure(int(sys.argv[1]))))
