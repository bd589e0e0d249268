-- Requests for wrk, one kind a run. Arguments, after wrk's own and `--`:
--
--   get FILE SUFFIX      a path from a line of FILE, in random order, followed by SUFFIX
--   keyed FILE SUFFIX    the same with the key in BENCH_KEY
--   create FIRST SUFFIX  POST new mutuals, numbered from FIRST, until the time is over
--   load FIRST COUNT     POST COUNT new mutuals, then end; with one thread (wrk's other end is its clock)
--   revise FILE COUNT    PATCH the paths of FILE in turn, COUNT in all, then end; with one thread
--   vote FILE COUNT      POST to the path on the first line of FILE each line after it, COUNT in all, then end; with one thread, and
--                        with COUNT less than the lines by the connections, each of which may have sent one more
--
-- Changes are made with the key in BENCH_KEY, votes without one. All but `load`, `revise` and `vote` print one line of JSON, marked RESULT.

local threads = {}

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

local PLACES = { "Ashbourne", "Barnsley", "Calderdale", "Dartford", "Easington", "Fenland", "Gateshead", "Harrogate",
    "Ipswich", "Jarrow", "Kendal", "Lewisham", "Malvern", "Northwich", "Oldham", "Penrith", "Quantock", "Rotherham",
    "Sandwell", "Tavistock", "Uttlesford", "Ventnor", "Wakefield", "Yeovil", "Allerdale", "Bassetlaw", "Craven",
    "Daventry", "Erewash", "Fylde", "Gosport", "Hambleton", "Islington", "Knowsley", "Lichfield", "Mendip", "Newham",
    "Oswestry", "Purbeck", "Rossendale" }
local SERVICES = { { "Community Health", "community_health" }, { "Mental Health", "mental_health" },
    { "Primary Care", "primary_care" }, { "Dental Care", "dental" }, { "Adult Care", "adult_social_care" },
    { "Children and Families", "childrens_social_care" }, { "Youth Work", "youth_services" },
    { "Schools Support", "education" }, { "Adult Learning", "adult_education_skills" },
    { "Libraries", "libraries_archives" }, { "Leisure", "leisure_sport" }, { "Museums and Arts", "culture" },
    { "Homes", "housing" }, { "Rehabilitation", "probation_justice" }, { "Fire Safety", "fire_rescue" },
    { "Employment", "employment_support" }, { "Countryside", "environment_conservation" } }
local FORMS = { "cic_limited_by_guarantee", "cic_limited_by_shares", "community_benefit_society", "cooperative_society",
    "company_limited_by_guarantee", "charitable_company" }
local REGIONS = { "north_east", "north_west", "yorkshire_and_the_humber", "east_midlands", "west_midlands",
    "east_of_england", "london", "south_east", "south_west", "wales", "scotland", "northern_ireland" }

-- Places, services and stages have no common factor, so that every combination of them comes up.
local function mutual(n)
    local place, service = PLACES[n % #PLACES + 1], SERVICES[n % #SERVICES + 1]
    local stage = n % 19 < 11 and "approved" or "business_case"
    return string.format(
        '{"name":"%s %s %d","legal_form":"%s","sectors":["%s"],"region":"%s","description":"Staff of %s who ran %s ' ..
        'services for the council own and lead them together. They took their contract with them, elect most of the ' ..
        'board from among themselves, and put what is left at the end of a year back into the service.",' ..
        '"stage":"%s","stage_since":"%d-%02d-%02d","staff_count":%d,' ..
        '"identifiers":[{"scheme":"GB-COH","id":"%08d"}],' ..
        '"sources":[{"title":"Register of new mutuals, entry %d","url":"https://example.org/mutuals/%d"}]}',
        place, service[1], n, FORMS[n % #FORMS + 1], service[2], REGIONS[n % #REGIONS + 1], place, service[1], stage,
        2008 + n % 17, n % 12 + 1, n % 28 + 1, 5 + n % 1999, n, n, n)
end

local kind, suffix
local paths = {}
local next_number

function init(args)
    kind, suffix = args[1], args[3] or ""
    if kind ~= "get" and kind ~= "vote" then
        wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
    end
    if kind == "get" or kind == "keyed" or kind == "revise" or kind == "vote" then
        math.randomseed(os.time() + number)
        for line in io.lines(args[2]) do
            table.insert(paths, line)
        end
    end
    if kind == "get" or kind == "keyed" then
        return
    end
    if kind == "vote" then
        wrk.headers["Content-Type"] = "application/json"
        next_number = 1
        count_answers(tonumber(args[3]), 201)
        return
    end
    if kind == "revise" then
        wrk.headers["Content-Type"] = "application/merge-patch+json"
        wrk.headers["If-Match"] = "*"
        next_number = 0
        count_answers(tonumber(args[3]), 200)
        return
    end

    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    -- Two million numbers a thread are more than a run gets through.
    next_number = tonumber(args[2]) + number * 2000000
    if kind == "load" then
        suffix = ""
        count_answers(tonumber(args[3]), 201)
    end
end

-- wrk parses answers for a script only where it defines this function, so that the measured runs don't pay for it.
function count_answers(wanted, expected)
    response = function(status, _, body)
        if status ~= expected then
            io.stderr:write("refused with ", status, ": ", body, "\n")
            os.exit(1)
        end
        wanted = wanted - 1
        if wanted == 0 then
            os.exit(0)
        end
    end
end

function request()
    if kind == "get" or kind == "keyed" then
        return wrk.format("GET", paths[math.random(#paths)] .. suffix)
    end
    if kind == "revise" then
        next_number = next_number + 1
        local path = paths[(next_number - 1) % #paths + 1]
        return wrk.format("PATCH", path, nil, string.format('{"staff_count":%d}', 2000 + next_number))
    end
    if kind == "vote" then
        next_number = next_number + 1
        return wrk.format("POST", paths[1], nil, paths[next_number])
    end
    local body = mutual(next_number)
    next_number = next_number + 1
    return wrk.format("POST", "/v1/mutuals" .. suffix, nil, body)
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
