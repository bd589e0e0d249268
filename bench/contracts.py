"""The reports on contracts: what fills a register with contracts and competitions, and what is asked of it."""

import datetime
import http.client
import json
import os
import sys
import threading
import time

CONTRACTS = int(os.environ.get("BENCH_CONTRACTS", "100000"))
# Each has ten contracts.
MUTUALS = max(CONTRACTS // 10, 1)
DEPARTMENTS = 200
# One in five contracts has been competed for.
COMPETITIONS = CONTRACTS // 5
THREADS = 16

CLIFF_EDGE_ANEW, CLIFF_EDGE_AGAIN = "cliff edge, computed anew", "cliff edge, asked again"
COMPETITIONS_ANEW, COMPETITIONS_AGAIN = "competitions, computed anew", "competitions, asked again"
ANEW_MS_AT_MOST = 100.0
AGAIN_MS_AT_MOST = 2.0

SECTORS = ("libraries_archives", "leisure_sport", "community_health", "adult_social_care", "youth_services", "culture")
PROCEDURES = ("pa_s33_reserved", "pcr_reg77_reserved", "pcr_open", "psr_direct_c", "unknown")
CODES = ("92511000-6", "92610000-0", "85141000-9", "85312000-9", "80310000-0")
STATUSES = ("active", "active", "active", "expired", "terminated_early", "unknown", "planned")
OUTCOMES = ("lost", "won_by_mutual", "withdrawn", "lost", "open")
WINNERS = ("private_firm", "public_body", "charity")


def fill(port):
    """Enters departments, mutuals, contracts and competitions; gives the seconds that it took."""
    started = time.monotonic()
    enter(port, "department", [{"name": f"Council {n}", "kind": "local_authority", "nation": "england"} for n in range(DEPARTMENTS)])
    enter(port, "mutual", [mutual(n) for n in range(MUTUALS)])
    departments, mutuals = ids(port, "departments"), ids(port, "mutuals")
    enter(port, "contract", [contract(n, mutuals, departments) for n in range(CONTRACTS)])
    contracts = ids(port, "contracts")[:COMPETITIONS]
    post([(f"/v1/contracts/{contracts[n]}/competitions", competition(n)) for n in range(len(contracts))], port)
    return time.monotonic() - started


def mutual(n):
    sectors = [SECTORS[n % 6]] if n % 3 else [SECTORS[n % 6], SECTORS[(n + 1) % 6]]
    return {"name": f"Mutual {n}", "sectors": sectors, "staff_count": 5 + n % 1999, "staff_counted_on": f"{2010 + n % 14}"}


def contract(n, mutuals, departments):
    """Contracts of 2010 to 2029, some of whose ends are known in part or not at all."""
    status, began = STATUSES[n % 7], 2010 + n % 13
    ends = f"{began + 3 + n % 5}-{n % 12 + 1:02}-{n % 28 + 1:02}"
    if status == "active":
        ends = f"{2027 + n % 8}{ends[4:]}"
    ends = (ends, ends[:7], ends[:4], ends, ends)[n % 11 % 5]
    members = {
        "mutual_id": mutuals[n % len(mutuals)],
        "department_id": departments[n // 7 % len(departments)],
        "title": f"Services of place {n}",
        "procedure": PROCEDURES[n % 5],
        "status": status,
        "cpv_codes": [CODES[n % 5]],
        "health_services": n % 5 == 2,
        "starts_on": f"{began}-{n % 12 + 1:02}-01",
        "value": {"amount_minor": 10_000_000 + n * 1000, "currency": "GBP"},
    }
    if n % 17:
        members["ends_on"] = ends
    return members


def competition(n):
    outcome = OUTCOMES[n % 5]
    members = {"kind": "retender", "outcome": outcome, "opened_on": f"{2010 + n % 14}-01-01"}
    if outcome != "open" and n % 9:
        members["decided_on"] = f"{2011 + n % 14}-{n % 12 + 1:02}"
    if outcome == "lost":
        members["winner_kind"] = WINNERS[n % 3]
    return members


def headers(kind):
    return {"Authorization": f"Bearer {os.environ['BENCH_KEY']}", "Content-Type": kind}


def enter(port, kind, rows):
    """Imports rows and waits for the end."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    connection.request("POST", f"/v1/imports?resource_type={kind}", body, headers("application/x-ndjson"))
    place = connection.getresponse()
    told = place.read()
    if place.status != 202:
        sys.exit(f"an import was refused: {told}")
    while True:
        connection.request("GET", place.headers["Location"], headers=headers("application/json"))
        done = json.loads(connection.getresponse().read())
        if "finished_at" in done:
            break
        time.sleep(0.05)
    connection.close()
    if done["created"] != len(rows):
        sys.exit(f"an import went wrong: {done}")


def ids(port, plural):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/v1/{plural}/export.ndjson?fields=id", headers=headers("application/json"))
    response = connection.getresponse()
    lines = response.read().splitlines()
    connection.close()
    if response.status != 200:
        sys.exit(f"the export of {plural} was refused: {lines}")
    return [json.loads(line)["id"] for line in lines]


def post(requests, port):
    faults = []

    def some(own):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for path, body in own:
            connection.request("POST", path, json.dumps(body), headers("application/json"))
            response = connection.getresponse()
            told = response.read()
            if response.status != 201:
                faults.append(told)
                return
        connection.close()

    threads = [threading.Thread(target=some, args=(requests[n::THREADS],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        sys.exit(f"a competition was refused: {faults[0]}")


def checks(port):
    """The checks of the contracts themselves against the law."""
    return [f"/v1/contracts/{id}/compliance" for id in ids(port, "contracts")]


def questions():
    """Each row of the table with its paths: a day is asked for again before the kept answers give way only where it is the one day."""
    days = [datetime.date(2010, 1, 1) + datetime.timedelta(days=number) for number in range(5_000)]
    cliff_edge = [f"/v1/reports/cliff-edge?within_months=24&as_at={day}" for day in days]
    competitions = [f"/v1/reports/competitions?as_at={day}" for day in days]
    return [
        (CLIFF_EDGE_ANEW, cliff_edge),
        (CLIFF_EDGE_AGAIN, cliff_edge[-1:]),
        (COMPETITIONS_ANEW, competitions),
        (COMPETITIONS_AGAIN, competitions[-1:]),
    ]


def limits():
    """The median of each row, in milliseconds, is at most this."""
    return [
        (CLIFF_EDGE_ANEW, ANEW_MS_AT_MOST),
        (CLIFF_EDGE_AGAIN, AGAIN_MS_AT_MOST),
        (COMPETITIONS_ANEW, ANEW_MS_AT_MOST),
        (COMPETITIONS_AGAIN, AGAIN_MS_AT_MOST),
    ]
