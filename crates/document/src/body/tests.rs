//! What becomes of a content: faults, references and what stays.

use super::*;
use crate::register::{Contract, Endorsement, Mutual, Notice};

fn told<T: Input>(text: &str) -> Vec<(String, &'static str, String)> {
    let refusal = Content::<T>::parse(text.as_bytes()).unwrap().create().map(drop).unwrap_err();
    let faults = refusal.faults(Vec::new()).into_iter();
    faults.map(|fault| (fault.pointer, fault.code.as_str(), fault.detail)).collect()
}

#[test]
fn a_list_beyond_its_bound_is_told_by_its_length() {
    let most = Mutual::OBJECT.members.iter().find(|member| member.name == "sectors").unwrap().max_items.unwrap();
    let told = told::<Mutual>(&format!(r#"{{"name": "Harmonie", "sectors": ["", {}""]}}"#, r#""","#.repeat(19_998)));
    let said = format!("20000 items, at most {most} allowed");
    assert_eq!(told[0], ("/sectors".to_owned(), "too-many", said));
    assert_eq!(told.len(), 1 + most, "the elements beyond the bound are not looked at");
    assert!(told[1..].iter().enumerate().all(|(index, (at, ..))| *at == format!("/sectors/{index}")), "{told:?}");
}

#[test]
fn lists_inside_are_bounded_too_and_the_first_elements_still_judged() {
    let source = r#"{"title": "T", "accessed_on": "2025-07-01"}"#;
    let many = |element: &str, count: usize| vec![element; count].join(",");
    let text = format!(r#"{{"name": "Harmonie", "sources": [{}, 7]}}"#, many(source, 60));
    let told = told::<Mutual>(&text);
    assert!(told.iter().any(|(at, code, _)| (at.as_str(), *code) == ("/sources", "too-many")), "{told:?}");
    assert!(told.iter().any(|(at, code, _)| (at.as_str(), *code) == ("/sectors", "required")), "{told:?}");
    assert!(!told.iter().any(|(at, ..)| at == "/sources/60"), "{told:?}");
}

#[test]
fn faults_beyond_the_bound_are_counted() {
    let members: Vec<String> = (0..5_000).map(|number| format!(r#""x{number}": 1"#)).collect();
    let told = told::<Contract>(&format!("{{{}}}", members.join(",")));
    assert_eq!(told.len(), Faults::MAX + 1);
    let (at, code, detail) = told.last().unwrap();
    assert_eq!((at.as_str(), *code), ("", "too-many"));
    assert!(detail.starts_with("49"), "{detail}");
}

const ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01";

/// What a row of a file says which is a new record: its parent, or the faults, with what it refers to.
fn of_file<T: Input>(text: &str) -> Result<Option<String>, (Vec<String>, Vec<String>)> {
    let content = Content::<T>::parse(text.as_bytes()).unwrap();
    content.create_of_file().map(|(parent, _)| parent).map_err(|refusal| {
        let references = refusal.references().iter().map(|one| one.field.clone()).collect();
        let faults = refusal.faults(Vec::new()).into_iter();
        (faults.map(|fault| format!("{} {}", fault.pointer, fault.code.as_str())).collect(), references)
    })
}

#[test]
fn a_row_says_which_record_it_belongs_to() {
    let notice =
        |parent: &str| of_file::<Notice>(&format!(r#"{{{parent} "code": "UK4", "published_on": "2025-03-03"}}"#));
    assert_eq!(notice(&format!(r#""contract_id": "{}","#, ID.to_uppercase())), Ok(Some(ID.to_owned())));
    for (parent, code) in [
        ("", "required"),
        (r#""contract_id": null,"#, "required"),
        (r#""contract_id": 7,"#, "invalid-type"),
        (r#""contract_id": "harmonie","#, "invalid-format"),
        (&format!(r#""contract_id": "{ID}", "contract_id": "{ID}","#), "duplicate-member"),
    ] {
        assert_eq!(notice(parent).map_err(|(faults, _)| faults), Err(vec![format!("/contract_id {code}")]));
    }
    // Whether it is there is told with the other faults.
    let bad = of_file::<Notice>(&format!(r#"{{"contract_id": "{ID}", "code": "UK4"}}"#));
    assert_eq!(bad, Err((vec!["/published_on required".to_owned()], vec!["contract_id".to_owned()])));
    // What belongs to no other says no parent.
    let mutual = r#"{"name": "Harmonie", "sectors": ["housing"]}"#;
    assert_eq!(of_file::<Mutual>(mutual), Ok(None));
    let unknown =
        of_file::<Mutual>(&format!(r#"{{"contract_id": "{ID}", "name": "Harmonie", "sectors": ["housing"]}}"#));
    assert_eq!(unknown, Err((vec!["/contract_id unknown-member".to_owned()], vec![])));
}

#[test]
fn a_parent_may_be_named_by_its_slug() {
    let text = r#"{"mutual_id": "harmonie", "constituency": "commissioners", "position": "neutral", "given_on": "2012-06-14"}"#;
    let content = Content::<Endorsement>::parse(text.as_bytes()).unwrap();
    let slug = content.parent_slug().unwrap();
    assert_eq!((slug.0, slug.1.as_str()), (domain::Kind::Mutual, "harmonie"));
    let found = content.with_ids(&HashMap::from([(slug, ID.to_owned())]));
    assert_eq!(found.create_of_file().unwrap().0.as_deref(), Some(ID));
    let lost = content.with_ids(&HashMap::new()).create_of_file().unwrap_err().faults(Vec::new());
    assert_eq!((lost.len(), lost[0].pointer.as_str(), lost[0].code), (1, "/mutual_id", FaultCode::UnknownReference));
    // A request names it in its path: there a slug is no other word for the id.
    assert!(content.slugs().is_empty());
    assert!(content.create().is_err());
    assert_eq!(Endorsement::OBJECT.parent().unwrap().name, "mutual_id");
}
