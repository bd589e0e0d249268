//! Releases as trees of members, and what the merging of releases makes of them.
//!
//! A merger puts a release on those before it: a member that is there takes the place of the earlier one, `null` removes it, objects in a
//! list are told apart by their `id`, and some lists are replaced whole. What is missing stays. So a release that says all that is
//! known has to say, too, what no longer is.

/// A value of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Null,
    Truth(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    /// Words, or objects.
    List(Vec<Tree>),
    Object(Vec<(&'static str, Tree)>),
}

/// Lists of objects that releases replace whole. All others are told apart by `id`.
const WHOLE: [&str; 2] = ["additionalIdentifiers", "additionalClassifications"];

/// An object of those members that there are.
pub(super) fn object<const N: usize>(members: [(&'static str, Option<Tree>); N]) -> Tree {
    Tree::Object(members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// A list that has something in it.
pub(super) fn list(elements: Vec<Tree>) -> Option<Tree> {
    (!elements.is_empty()).then_some(Tree::List(elements))
}

/// A text.
pub(super) fn text(text: impl Into<String>) -> Option<Tree> {
    Some(Tree::Text(text.into()))
}

/// A list of words.
pub(super) fn words(words: &[&str]) -> Option<Tree> {
    list(words.iter().filter_map(|word| text(*word)).collect())
}

impl Tree {
    /// The member of this name.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> &[Self] {
        if let Self::List(elements) = self { elements } else { &[] }
    }

    /// The `id` of an object.
    pub(super) fn id(&self) -> Option<&str> {
        if let Some(Self::Text(id)) = self.member("id") { Some(id) } else { None }
    }

    /// Sets a member, at its end where it is new.
    pub(super) fn set(&mut self, name: &'static str, value: Self) {
        let Self::Object(members) = self else { return };
        match members.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => members.push((name, value)),
        }
    }

    /// What to publish, so that merged with what was published before it gives just this.
    pub(super) fn after(&self, before: &Self) -> Self {
        self.named_after("", before)
    }

    fn named_after(&self, name: &str, before: &Self) -> Self {
        match (self, before) {
            (Self::Object(now), Self::Object(earlier)) => {
                let kept = now.iter().map(|(name, value)| {
                    let before = before.member(name);
                    (*name, before.map_or_else(|| value.clone(), |before| value.named_after(name, before)))
                });
                let gone = earlier.iter().filter(|(name, _)| self.member(name).is_none());
                let gone = gone.map(|(name, value)| (*name, value.removed(name)));
                Self::Object(kept.chain(gone).collect())
            }
            (Self::List(now), Self::List(earlier)) if self.is_told_apart(name) && before.is_told_apart(name) => {
                let same = |all: &[Self], one: &Self| all.iter().find(|other| other.id() == one.id()).cloned();
                let kept = now.iter().map(|element| match same(earlier, element) {
                    Some(before) => element.named_after("", &before),
                    None => element.clone(),
                });
                let gone = earlier.iter().filter(|element| same(now, element).is_none()).map(Self::emptied);
                Self::List(kept.chain(gone).collect())
            }
            _ => self.clone(),
        }
    }

    /// Whether the elements are objects with ids of their own.
    fn is_told_apart(&self, name: &str) -> bool {
        !WHOLE.contains(&name) && self.elements().iter().all(|element| element.id().is_some())
    }

    /// What takes this away. Mergers remove values only, not objects and elements: all that they say is taken away.
    fn removed(&self, name: &str) -> Self {
        match self {
            Self::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (*name, value.removed(name))).collect())
            }
            Self::List(elements) if elements.iter().all(|element| matches!(element, Self::Object(_))) => {
                if self.is_told_apart(name) {
                    Self::List(elements.iter().map(Self::emptied).collect())
                } else {
                    // The standard's schema has no `null` for such a list.
                    Self::List(vec![Self::Object(vec![("id", Self::Null)])])
                }
            }
            _ => Self::Null,
        }
    }

    /// The element with nothing left but its id.
    fn emptied(&self) -> Self {
        let Self::Object(members) = self else { return Self::Null };
        let members = members.iter();
        Self::Object(
            members
                .map(|(name, value)| (*name, if *name == "id" { value.clone() } else { value.removed(name) }))
                .collect(),
        )
    }

    /// Writes it as JSON.
    pub(super) fn write(&self, json: &mut String) {
        match self {
            Self::Null => json.push_str("null"),
            Self::Truth(truth) => json.push_str(if *truth { "true" } else { "false" }),
            Self::Number(number) => json.push_str(number),
            Self::Text(text) => write_text(text, json),
            Self::List(elements) => {
                json.push('[');
                for (position, element) in elements.iter().enumerate() {
                    if position > 0 {
                        json.push(',');
                    }
                    element.write(json);
                }
                json.push(']');
            }
            Self::Object(members) => {
                json.push('{');
                write_members(members, json);
                json.push('}');
            }
        }
    }
}

/// Writes members without the braces around them.
pub(super) fn write_members(members: &[(&'static str, Tree)], json: &mut String) {
    for (position, (name, value)) in members.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        json.push('"');
        json.push_str(name);
        json.push_str("\":");
        value.write(json);
    }
}

/// Writes a text as JSON: a text always can be.
fn write_text(text: &str, json: &mut String) {
    json.push_str(&serde_json::to_string(text).unwrap_or_default());
}
