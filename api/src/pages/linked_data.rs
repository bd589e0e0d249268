//! What a page says in the words of schema.org, as JSON-LD for search engines.

use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value, json};

use crate::pages::json::{given, items, text};

/// A mutual, whose page is at this address. The department that it left is not above it any more, so it is not named.
pub fn organization(address: &str, mutual: &Value) -> Markup {
    let launched = given(mutual, "launched_on");
    let facts = [
        ("@context", Some("https://schema.org")),
        ("@type", Some("Organization")),
        ("name", given(mutual, "name")),
        ("url", Some(address)),
        ("sameAs", given(mutual, "website")),
        ("foundingDate", launched),
        // What was never launched was not dissolved.
        ("dissolutionDate", launched.and_then(|_| given(mutual, "ended_on"))),
    ];
    let facts = facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), Value::from(fact?))));
    let mut organization: Map<String, Value> = facts.collect();
    let identifiers: Vec<Value> = items(mutual, "identifiers")
        .map(|it| json!({ "@type": "PropertyValue", "propertyID": text(it, "scheme"), "value": text(it, "id") }))
        .collect();
    if !identifiers.is_empty() {
        organization.insert("identifier".to_owned(), identifiers.into());
    }
    block(&organization.into())
}

/// JSON within a page. Nothing in it can end its element. A browser does not run it, so the policy for scripts allows it.
fn block(said: &Value) -> Markup {
    let said = said.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    html! { script type="application/ld+json" { (PreEscaped(said)) } }
}
