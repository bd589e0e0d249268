//! The story of examples/story.txt by the client that progenitor generates from openapi-3.0.yaml.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;

use client::types::{
    Day, DepartmentKind, LegalForm, MutualInput, MutualPatch, MutualTestsInput, PartialDate, Problem, Sector,
    SourceInput, TestOutcome, Title,
};
use client::{Client, ResponseValue};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderMap};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

#[expect(clippy::all, unused, reason = "generated")]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {}", env::var("KEY")?).parse()?);
    let http = reqwest::Client::builder().default_headers(headers).build()?;
    let client = Client::new_with_client(&env::var("MUTUALS_URL")?, http);
    let name = &*format!("Story in Rust {}", Uuid::new_v4());

    // A page says where the next one begins; the last one doesn't.
    let (mut departments, mut pages, mut read, mut cursor) = (0, 0, 0, None);
    loop {
        let mut request = client.list_departments().limit(10);
        if let Some(cursor) = cursor {
            request = request.cursor(cursor);
        }
        let page = request.send().await?.into_inner();
        departments += page.items.len();
        pages += 1;
        read += values(&page.items)?;
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    println!("list: {departments} departments on {pages} pages, {read} values");
    let kinds = ["local_authority", "nhs_provider"].map(str::parse::<DepartmentKind>);
    let kinds = kinds.into_iter().collect::<Result<Vec<_>, _>>()?;
    let items = client.list_departments().kind(kinds).send().await?.into_inner().items;
    let found: BTreeSet<&str> = items.iter().map(|department| &**department.kind).collect();
    println!("filter: {} departments of {} kinds", items.len(), found.len());

    // A request that is sent again with its key is answered as before and makes no second mutual.
    let key = &*Uuid::new_v4().to_string();
    let source = SourceInput::builder().title("A story".parse::<Title>()?).accessed_on("2025-07-01".parse::<Day>()?);
    let tests = MutualTestsInput::builder().left_public_sector("met".parse::<TestOutcome>()?);
    let full = MutualInput::builder()
        .name(name)
        .sectors(vec!["adult_social_care".parse::<Sector>()?])
        .staff_count(11)
        .staff_counted_on("2025-03".parse::<PartialDate>()?)
        .sources(vec![SourceInput::try_from(source)?])
        .tests(MutualTestsInput::try_from(tests)?);
    let created = client.create_mutual().idempotency_key(key).body(full).send().await?;
    let mutual = &*created.id.to_string();
    println!("create: {}, version {}", created.status().as_u16(), created.version);

    let read = client.get_mutual().mutual(mutual).send().await?;
    let first = tag_of(&read)?;
    let same = if **read.name == *name { "the same" } else { "another" };
    println!("read: {}, it is {same}, {} values", read.status().as_u16(), values(&*read)?);

    let update = |tag: &str, staff: i64| {
        let patch = MutualPatch::builder().staff_count(staff);
        client.update_mutual().mutual(mutual).if_match(tag).body(patch).send()
    };
    let updated = update(&first, 12).await?;
    let second = tag_of(&updated)?;
    println!("update: {}, version {}, {} values", updated.status().as_u16(), updated.version, values(&*updated)?);
    println!("update what has changed: {}", told(&refused(update(&first, 13).await)?));

    let wrong = MutualInput::builder()
        .name("Nobody")
        .legal_form("club".parse::<LegalForm>()?)
        .sectors(vec!["gardening".parse()?]);
    let problem = refused(client.create_mutual().body(wrong).send().await)?;
    let mut pointers: Vec<String> =
        problem.errors.iter().flat_map(|fault| &fault.pointer).map(|one| one.to_string()).collect();
    pointers.sort();
    println!("create what is wrong: {} at {}", told(&problem), pointers.join(" and "));

    let deleted = client.delete_mutual().mutual(mutual).if_match(&*second).send().await?;
    println!("delete: {}", deleted.status().as_u16());
    println!("read what is deleted: {}", told(&refused(client.get_mutual().mutual(mutual).send().await)?));
    Ok(())
}

/// How many values the client has of what it read. It is fewer than were sent if the client loses some.
fn values(read: &impl Serialize) -> Result<usize, serde_json::Error> {
    Ok(leaves(&serde_json::to_value(read)?))
}

fn leaves(tree: &Value) -> usize {
    match tree {
        Value::Array(elements) => elements.iter().map(leaves).sum(),
        Value::Object(members) => members.values().map(leaves).sum(),
        _ => 1,
    }
}

/// The version of what was answered, to be sent back with a change.
fn tag_of<T>(answer: &ResponseValue<T>) -> Result<String, Box<dyn Error>> {
    Ok(answer.headers().get(ETAG).ok_or("an answer without a version")?.to_str()?.to_owned())
}

/// A refusal is a `Problem`, whichever operation it comes from.
fn refused<T>(answer: Result<ResponseValue<T>, client::Error<Problem>>) -> Result<Problem, Box<dyn Error>> {
    match answer {
        Ok(_) => Err("this was to be refused".into()),
        Err(client::Error::ErrorResponse(problem)) => Ok(problem.into_inner()),
        Err(other) => Err(other.into()),
    }
}

fn told(problem: &Problem) -> String {
    format!("{} {}", problem.status, problem.type_.trim_start_matches("/problems/"))
}
