#!/usr/bin/env bash
# The story of examples/story.txt by curl and jq: what every other client does underneath.
#
#   MUTUALS_URL=http://localhost:8080 KEY=psm_… examples/shell/story.sh
set -euo pipefail

name="Story in shell $(date +%s%N)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Prints the status. The body and the head of the answer are left in files.
call() { # METHOD PATH [CURL_OPTION]...
    local method=$1 path=$2
    shift 2
    curl --silent --show-error --request "$method" --header "Authorization: Bearer $KEY" \
        --header 'Content-Type: application/json' --dump-header "$folder/head" --output "$folder/body" \
        --write-out '%{http_code}' "$MUTUALS_URL$path" "$@"
}
body() { jq --raw-output "$1" "$folder/body"; }
etag() { sed -n 's/^etag: *\("[^"]*"\).*/\1/ip' "$folder/head"; }
# How many values were read. A generated client has as many, or it has lost some.
values() { body "[$1 | .. | scalars] | length"; } # FILTER
problem() { body '"\(.status) \(.type | ltrimstr("/problems/"))"'; }

# A page says where the next one begins; the last one doesn't.
departments=0 pages=0 read=0 next=''
while :; do
    call GET "/v1/departments?limit=10${next:+&cursor=$next}" >/dev/null
    departments=$((departments + $(body '.items | length'))) pages=$((pages + 1)) read=$((read + $(values .items)))
    next=$(body '.next_cursor // empty')
    [ -n "$next" ] || break
done
echo "list: $departments departments on $pages pages, $read values"
call GET '/v1/departments?kind=local_authority&kind=nhs_provider' >/dev/null
echo "filter: $(body '.items | length') departments of $(body '[.items[].kind] | unique | length') kinds"

# A request that is sent again with its key is answered as before and makes no second mutual.
full=$(printf '{"name": "%s", "sectors": ["adult_social_care"], "staff_count": 11, "staff_counted_on": "2025-03",
    "sources": [{"title": "A story", "accessed_on": "2025-07-01"}], "tests": {"left_public_sector": "met"}}' "$name")
status=$(call POST /v1/mutuals --header "Idempotency-Key: ${name// /-}" --data "$full")
path=/v1/mutuals/$(body .id)
echo "create: $status, version $(body .version)"

status=$(call GET "$path")
first=$(etag)
echo "read: $status, it is $([ "$(body .name)" = "$name" ] && echo the same || echo another), $(values .) values"

status=$(call PATCH "$path" --header "If-Match: $first" --data '{"staff_count": 12}')
second=$(etag)
echo "update: $status, version $(body .version), $(values .) values"

call PATCH "$path" --header "If-Match: $first" --data '{"staff_count": 13}' >/dev/null
echo "update what has changed: $(problem)"

call POST /v1/mutuals --data '{"name": "Nobody", "legal_form": "club", "sectors": ["gardening"]}' >/dev/null
echo "create what is wrong: $(problem) at $(body '[.errors[].pointer] | sort | join(" and ")')"

echo "delete: $(call DELETE "$path" --header "If-Match: $second")"
call GET "$path" >/dev/null
echo "read what is deleted: $(problem)"
