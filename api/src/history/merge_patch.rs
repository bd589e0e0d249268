//! What changed between two versions of a record, as a merge patch (RFC 7396).

use serde_json::{Map, Value};

/// The patch that makes the one of the other. Neither may hold `null`, which a patch has another use for; no record does.
pub fn difference(before: &Value, after: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return after.clone() };
    let removed = before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let mut patch: Map<String, Value> = removed.collect();
    for (name, now) in after {
        match before.get(name) {
            Some(then) if then == now => {}
            Some(then) => drop(patch.insert(name.clone(), difference(then, now))),
            None => drop(patch.insert(name.clone(), now.clone())),
        }
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// RFC 7396 section 2, word for word.
    fn apply(target: Value, patch: &Value) -> Value {
        let Value::Object(patch) = patch else { return patch.clone() };
        let mut members = match target {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        for (name, value) in patch {
            if value.is_null() {
                members.remove(name);
            } else {
                let current = members.remove(name).unwrap_or(Value::Null);
                members.insert(name.clone(), apply(current, value));
            }
        }
        Value::Object(members)
    }

    #[test]
    fn only_what_changed_is_told() {
        let before = json!({"id": "a", "version": 1, "parts": {"x": 1, "y": 2}, "list": [1, 2], "gone": true});
        let after = json!({"id": "a", "version": 2, "parts": {"x": 1, "z": 3}, "list": [1], "new": {"b": 1}});
        let expected = json!({"version": 2, "parts": {"y": null, "z": 3}, "list": [1], "gone": null, "new": {"b": 1}});
        assert_eq!(difference(&before, &after), expected);
        assert_eq!(difference(&before, &before), json!({}));
    }

    fn record() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i64>().prop_map(Value::from), "[a-c]{0,2}".prop_map(Value::from)];
        let value = leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        proptest::collection::btree_map("[a-d]", value, 0..5)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn the_patch_makes_one_of_the_other(before in record(), after in record()) {
            prop_assert_eq!(apply(before.clone(), &difference(&before, &after)), after);
        }
    }
}
