//! What becomes of a content: faults, references and what stays.

use super::*;
use crate::register::{Contract, Mutual};

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
