// The story of examples/story.txt by openapi-fetch, with the types that openapi-typescript generates from openapi.yaml.

import { randomUUID } from "node:crypto";

import createClient from "openapi-fetch";
import type { components, paths } from "./mutuals.js";

type Problem = components["schemas"]["Problem"];

const { MUTUALS_URL, KEY } = process.env;
const client = createClient<paths>({ baseUrl: MUTUALS_URL, headers: { Authorization: `Bearer ${KEY}` } });
const name = `Story in TypeScript ${randomUUID()}`;

const full: components["schemas"]["MutualInput"] = {
  name,
  sectors: ["adult_social_care"],
  staff_count: 11,
  staff_counted_on: "2025-03",
  sources: [{ title: "A story", accessed_on: "2025-07-01" }],
  tests: { left_public_sector: "met" },
};

/** How many values the client has of what it read. It is fewer than were sent if the client loses some. */
function values(read: unknown): number {
  if (typeof read !== "object" || read === null) return 1;
  return Object.values(read).reduce<number>((sum, one) => sum + values(one), 0);
}

/** A refusal is a `Problem`, whichever operation it comes from. */
function told(problem: Problem | undefined): string {
  if (!problem) throw new Error("this was to be refused");
  return `${problem.status} ${problem.type.replace("/problems/", "")}`;
}

/** What is answered where nothing is refused. */
function granted<T>(answer: { data?: T; error?: Problem; response: Response }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function tagOf(answer: { response: Response }): string {
  return answer.response.headers.get("ETag") ?? "";
}

// A page says where the next one begins; the last one doesn't.
let departments = 0;
let pages = 0;
let count = 0;
let cursor: string | undefined;
do {
  const page = granted(await client.GET("/v1/departments", { params: { query: { limit: 10, cursor } } }));
  departments += page.items.length;
  pages += 1;
  count += values(page.items);
  cursor = page.next_cursor;
} while (cursor);
console.log(`list: ${departments} departments on ${pages} pages, ${count} values`);
const kind = ["local_authority", "nhs_provider"];
const { items } = granted(await client.GET("/v1/departments", { params: { query: { kind } } }));
console.log(`filter: ${items.length} departments of ${new Set(items.map((item) => item.kind)).size} kinds`);

// A request that is sent again with its key is answered as before and makes no second mutual.
const once = { header: { "Idempotency-Key": randomUUID() } };
const created = await client.POST("/v1/mutuals", { params: once, body: full });
const mutual = granted(created).id;
console.log(`create: ${created.response.status}, version ${granted(created).version}`);

const path = { mutual };
const read = await client.GET("/v1/mutuals/{mutual}", { params: { path } });
const first = tagOf(read);
const same = granted(read).name === name ? "the same" : "another";
console.log(`read: ${read.response.status}, it is ${same}, ${values(granted(read))} values`);

function update(ifMatch: string, staff: number) {
  const params = { path, header: { "If-Match": ifMatch } };
  const headers = { "Content-Type": "application/merge-patch+json" };
  return client.PATCH("/v1/mutuals/{mutual}", { params, headers, body: { staff_count: staff } });
}
const updated = await update(first, 12);
const second = tagOf(updated);
const { version } = granted(updated);
console.log(`update: ${updated.response.status}, version ${version}, ${values(granted(updated))} values`);
console.log(`update what has changed: ${told((await update(first, 13)).error)}`);

const body = { name: "Nobody", legal_form: "club", sectors: ["gardening"] };
const wrong = await client.POST("/v1/mutuals", { body });
const pointers = (wrong.error?.errors ?? []).map((fault) => fault.pointer).sort();
console.log(`create what is wrong: ${told(wrong.error)} at ${pointers.join(" and ")}`);

const header = { "If-Match": second };
const deleted = await client.DELETE("/v1/mutuals/{mutual}", { params: { path, header } });
console.log(`delete: ${deleted.response.status}`);
const gone = await client.GET("/v1/mutuals/{mutual}", { params: { path } });
console.log(`read what is deleted: ${told(gone.error)}`);
