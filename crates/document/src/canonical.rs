//! Canonical JSON (RFC 8785) from JSON as serde writes it: without white space, and with whole numbers only.

/// The same JSON with the members of each object in the order of their names. Names are ASCII, so that the order of bytes is that of
/// UTF-16 units, which the standard asks for.
#[must_use]
pub fn canonical(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    write(json, &mut out);
    out
}

fn write(value: &str, out: &mut String) {
    match value.as_bytes().first() {
        Some(b'{') => {
            let mut members: Vec<(&str, &str)> = parts(value).map(|member| split_at_end(member, b':')).collect();
            members.sort_unstable();
            enclose(out, ['{', '}'], members, |(name, value), out| {
                out.push_str(name);
                out.push(':');
                write(value, out);
            });
        }
        Some(b'[') => enclose(out, ['[', ']'], parts(value), write),
        _ => out.push_str(value),
    }
}

fn enclose<T>(
    out: &mut String,
    [open, close]: [char; 2],
    parts: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (position, part) in parts.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(part, out);
    }
    out.push(close);
}

/// What stands between the commas of an object or a list.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
    std::iter::from_fn(move || {
        (!rest.is_empty()).then(|| {
            let (part, others) = split_at_end(rest, b',');
            rest = others;
            part
        })
    })
}

/// What comes before and after the first such mark that is not within a text, an object or a list.
fn split_at_end(json: &str, mark: u8) -> (&str, &str) {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in json.bytes().enumerate() {
        if in_text {
            in_text = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ if byte == mark && depth == 0 => {
                return (json.get(..at).unwrap_or_default(), json.get(at.saturating_add(1)..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (json, "")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::canonical;

    #[test]
    fn members_are_in_the_order_of_their_names_at_every_depth() {
        let json = r#"{"b":[{"z":1,"a":"}],\\\"{"},[],{}],"a_b":{"y":null,"x":[1,-2]},"a":"ü,:","ab":true}"#;
        let expected = r#"{"a":"ü,:","a_b":{"x":[1,-2],"y":null},"ab":true,"b":[{"a":"}],\\\"{","z":1},[],{}]}"#;
        assert_eq!(canonical(json), expected);
    }

    #[test]
    fn it_is_what_a_sorted_map_writes() {
        for value in [
            json!({}),
            json!([]),
            json!("\"\\ \u{1}\n\u{2028}é\u{1f600}"),
            json!({ "b": { "d": "[", "c": ["\\", { "f": "\"," , "e": {} }] }, "a": [[[]], -7, false, null] }),
        ] {
            let text = value.to_string();
            assert_eq!(canonical(&text), text, "a map of serde_json's is sorted already");
            assert_eq!(serde_json::from_str::<Value>(&canonical(&text)).unwrap(), value);
        }
    }
}
