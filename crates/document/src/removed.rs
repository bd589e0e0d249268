//! What a change takes out of a record: the members and the elements of lists that are no longer there.

use crate::node::Node;
use crate::object::Object;

/// JSON Pointers to what a record said before and does not say after. What the register sets is left out: it follows from the rest.
/// An element that was changed, in a list that is as long as before, is not gone.
pub fn removed(object: &'static Object, before: &str, after: &str) -> Vec<String> {
    let parse = |text: &str| Node::parse(text.as_bytes()).unwrap_or(Node::Null);
    let (before, after) = (parse(before), parse(after));
    let mut gone = Vec::new();
    for member in object.members.iter().filter(|member| !member.is_set) {
        if let Some(value) = before.member(member.name) {
            compare(&format!("/{}", member.name), value, after.member(member.name), &mut gone);
        }
    }
    gone
}

fn compare(pointer: &str, before: &Node, after: Option<&Node>, gone: &mut Vec<String>) {
    match (before, after) {
        (_, None) => gone.push(pointer.to_owned()),
        (Node::Object(members), Some(after)) => {
            for (name, value) in members {
                compare(&format!("{pointer}/{name}"), value, after.member(name), gone);
            }
        }
        (Node::Array(elements), Some(Node::Array(now))) if elements.len() > now.len() => {
            let missing = (0..).zip(elements).filter(|(_, element)| !now.iter().any(|other| other.same(element)));
            gone.extend(missing.map(|(index, _): (usize, _)| format!("{pointer}/{index}")));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Wire;
    use crate::register::Mutual;

    fn gone(before: &str, after: &str) -> Vec<String> {
        removed(&Mutual::OBJECT, before, after)
    }

    #[test]
    fn what_is_no_longer_there_is_named() {
        let before = r#"{"version": 1, "name": "A", "region": "wales", "launched_on": "2011", "sectors": ["a", "b", "c"],
                         "tests": {"x": "met", "y": "met"}, "sources": [{"title": "A"}]}"#;
        let after = r#"{"version": 2, "name": "B", "sectors": ["c", "d"], "tests": {"x": "met"}, "sources": []}"#;
        assert_eq!(gone(before, after), ["/sectors/0", "/sectors/1", "/region", "/tests/y", "/sources/0"]);
        assert_eq!(gone(after, before), [""; 0]);
        assert_eq!(gone(r#"{"sectors": ["a"]}"#, r#"{"sectors": ["b"]}"#), [""; 0]);
    }
}
