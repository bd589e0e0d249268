//! The story of examples/story.txt by the client that progenitor generates from openapi-3.0.yaml.

use std::env;
use std::error::Error;

use client::types::{LegalForm, MutualInput, Problem, Sector};
use client::{Client, ResponseValue};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderMap};
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
    let social_care: Sector = "adult_social_care".parse()?;
    let mutual_of =
        |staff: i64| MutualInput::builder().name(name).sectors(vec![social_care.clone()]).staff_count(staff);

    // A page says where the next one begins; the last one doesn't.
    let (mut departments, mut pages, mut cursor) = (0, 0, None);
    loop {
        let mut request = client.list_departments().limit(10);
        if let Some(cursor) = cursor {
            request = request.cursor(cursor);
        }
        let page = request.send().await?.into_inner();
        departments += page.items.len();
        pages += 1;
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    println!("list: {departments} departments on {pages} pages");

    // A request that is sent again with its key is answered as before and makes no second mutual.
    let key = &*Uuid::new_v4().to_string();
    let created = client.create_mutual().idempotency_key(key).body(mutual_of(11)).send().await?;
    let mutual = &*created.id.to_string();
    println!("create: {}, version {}", created.status().as_u16(), created.version);

    let read = client.get_mutual().mutual(mutual).send().await?;
    let first = tag_of(&read)?;
    println!("read: {}, it is {}", read.status().as_u16(), if **read.name == *name { "the same" } else { "another" });

    let replace =
        |tag: &str, staff: i64| client.replace_mutual().mutual(mutual).if_match(tag).body(mutual_of(staff)).send();
    let replaced = replace(&first, 12).await?;
    let second = tag_of(&replaced)?;
    println!("replace: {}, version {}", replaced.status().as_u16(), replaced.version);
    println!("replace what has changed: {}", told(&refused(replace(&first, 13).await)?));

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
