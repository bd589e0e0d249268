// The story of examples/story.txt by openapi-fetch, with the types that openapi-typescript generates from openapi.yaml.

import { randomUUID } from "node:crypto";

import createClient from "openapi-fetch";
import type { components, paths } from "./mutuals.js";

type Problem = components["schemas"]["Problem"];

const { MUTUALS_URL, KEY } = process.env;
const client = createClient<paths>({ baseUrl: MUTUALS_URL, headers: { Authorization: `Bearer ${KEY}` } });
const name = `Story in TypeScript ${randomUUID()}`;

function mutualOf(staff: number): components["schemas"]["MutualInput"] {
  return { name, sectors: ["adult_social_care"], staff_count: staff };
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
let cursor: string | undefined;
do {
  const page = granted(await client.GET("/v1/departments", { params: { query: { limit: 10, cursor } } }));
  departments += page.items.length;
  pages += 1;
  cursor = page.next_cursor;
} while (cursor);
console.log(`list: ${departments} departments on ${pages} pages`);

// A request that is sent again with its key is answered as before and makes no second mutual.
const once = { header: { "Idempotency-Key": randomUUID() } };
const created = await client.POST("/v1/mutuals", { params: once, body: mutualOf(11) });
const mutual = granted(created).id;
console.log(`create: ${created.response.status}, version ${granted(created).version}`);

const path = { mutual };
const read = await client.GET("/v1/mutuals/{mutual}", { params: { path } });
const first = tagOf(read);
console.log(`read: ${read.response.status}, it is ${granted(read).name === name ? "the same" : "another"}`);

function replace(ifMatch: string, staff: number) {
  const params = { path, header: { "If-Match": ifMatch } };
  return client.PUT("/v1/mutuals/{mutual}", { params, body: mutualOf(staff) });
}
const replaced = await replace(first, 12);
const second = tagOf(replaced);
console.log(`replace: ${replaced.response.status}, version ${granted(replaced).version}`);
console.log(`replace what has changed: ${told((await replace(first, 13)).error)}`);

const body = { name: "Nobody", legal_form: "club", sectors: ["gardening"] };
const wrong = await client.POST("/v1/mutuals", { body });
const pointers = (wrong.error?.errors ?? []).map((fault) => fault.pointer).sort();
console.log(`create what is wrong: ${told(wrong.error)} at ${pointers.join(" and ")}`);

const header = { "If-Match": second };
const deleted = await client.DELETE("/v1/mutuals/{mutual}", { params: { path, header } });
console.log(`delete: ${deleted.response.status}`);
const gone = await client.GET("/v1/mutuals/{mutual}", { params: { path } });
console.log(`read what is deleted: ${told(gone.error)}`);
