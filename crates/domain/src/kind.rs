//! The kinds of record: one table that says what each is called, where it is found and what it belongs to.
//!
//! Tables, paths, the words of entries and who may do what are made from it, so that a further kind is one row.

use std::fmt;
use std::str::FromStr;

use crate::child::Child;
use crate::fault::Invalid;
use crate::vocabulary::{self, Vocabulary};

/// A type of records, by their kind.
pub trait Recorded: Clone + Send + Sync + 'static {
    /// The kind.
    const KIND: Kind;
}

/// A type of records that belong to another.
pub trait Belongs: Recorded {
    /// What they belong to.
    type Parent: Recorded + PartialEq;
}

impl<T: Belongs> Recorded for Child<T::Parent, T> {
    const KIND: Kind = T::KIND;
}

/// Declares [`Kind`], and which is that of each type. A row is the variant, its word and its table; that of a child names the kind that it belongs to. Its doc comment is
/// also its published meaning. The first token is the dollar sign, of which the macro that this makes for other crates is in need.
macro_rules! kinds {
    (
        $d:tt
        records: $( #[doc = $meaning:literal] $Record:ident = $word:literal, $table:literal; )+
        children: $( #[doc = $child_meaning:literal] $Child:ident of $Parent:ident = $child_word:literal, $child_table:literal; )+
        others: $( #[doc = $other_meaning:literal] $Other:ident = $other_word:literal, $other_table:literal; )+
    ) => {
        /// The types of all records.
        pub mod records {
            pub use crate::{$($Record,)+ $($Child,)+};
        }

        /// Calls a macro with the types of all records, which it need not import: `(Department, …)`, and `(Department: Commitment, …)` for
        /// those that belong to others.
        #[macro_export]
        macro_rules! for_each_record {
            ($d callback:ident) => {
                {
                    use $d crate::kind::records::*;
                    $d callback! { ($($Record),+) ($($Parent: $Child),+) }
                }
            };
        }

        $( impl Recorded for crate::$Record { const KIND: Kind = Kind::$Record; } )+
        $( impl Recorded for crate::$Child { const KIND: Kind = Kind::$Child; } )+
        $( impl Belongs for crate::$Child { type Parent = crate::$Parent; } )+

        /// The type of record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $( #[doc = $meaning] $Record, )+
            $( #[doc = $child_meaning] $Child, )+
            $( #[doc = $other_meaning] $Other, )+
        }

        impl Kind {
            /// Every kind, in the order in which people read them.
            pub const ALL: &'static [Self] = &[$(Self::$Record,)+ $(Self::$Child,)+ $(Self::$Other,)+];

            /// The kinds of the register's own records.
            pub const RECORDS: &'static [Self] = &[$(Self::$Record,)+ $(Self::$Child,)+];

            /// Whether this is a kind of record, and not of something that governs the register.
            pub const fn is_record(self) -> bool {
                matches!(self, $(Self::$Record)|+ $(| Self::$Child)+)
            }

            /// The kind as the register writes it: `staff_ballot`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$Record => $word, )+
                    $( Self::$Child => $child_word, )+
                    $( Self::$Other => $other_word, )+
                }
            }

            /// The table of its records: `staff_ballots`.
            pub const fn table(self) -> &'static str {
                match self {
                    $( Self::$Record => $table, )+
                    $( Self::$Child => $child_table, )+
                    $( Self::$Other => $other_table, )+
                }
            }

            /// Other names that people have for it: that of all its records.
            const fn also_called(self) -> &'static [&'static str] {
                match self {
                    $( Self::$Record => &[$table], )+
                    $( Self::$Child => &[$child_table], )+
                    $( Self::$Other => &[$other_table], )+
                }
            }

            /// The kind of record that each of its records belongs to, below whose path it is.
            pub const fn parent(self) -> Option<Self> {
                match self {
                    $( Self::$Child => Some(Self::$Parent), )+
                    $( Self::$Record => None, )+
                    $( Self::$Other => None, )+
                }
            }

            /// What a record of it is, in a sentence.
            pub const fn describe(self) -> &'static str {
                match self {
                    $( Self::$Record => $meaning.trim_ascii(), )+
                    $( Self::$Child => $child_meaning.trim_ascii(), )+
                    $( Self::$Other => $other_meaning.trim_ascii(), )+
                }
            }
        }
    };
}

kinds! {
    $
    records:
    /// A department.
    Department = "department", "departments";
    /// A mutual.
    Mutual = "mutual", "mutuals";
    /// A staff ballot.
    StaffBallot = "staff_ballot", "staff_ballots";
    /// A contract.
    Contract = "contract", "contracts";
    children:
    /// A commitment of a department.
    Commitment of Department = "commitment", "commitments";
    /// A step of a department's pathway.
    PathwayStep of Department = "pathway_step", "pathway_steps";
    /// A person who supports mutuals in a department.
    Enabler of Department = "enabler", "enablers";
    /// A mutual's move from one stage to another.
    StageTransition of Mutual = "stage_transition", "stage_transitions";
    /// A mutual's figures of a year.
    AnnualReturn of Mutual = "annual_return", "annual_returns";
    /// The position of a constituency on a mutual.
    Endorsement of Mutual = "endorsement", "endorsements";
    /// An objection to a mutual.
    Objection of Mutual = "objection", "objections";
    /// A mutual's request for support.
    SupportRequest of Mutual = "support_request", "support_requests";
    /// A step of the pathway that a mutual has done.
    PathwayProgress of Mutual = "pathway_progress", "pathway_progress";
    /// A competition for a contract.
    Competition of Contract = "competition", "competitions";
    /// A notice about a contract.
    Notice of Contract = "notice", "notices";
    others:
    /// An import.
    Import = "import", "imports";
    /// An API key.
    Key = "key", "api_keys";
    /// An issuer whose tokens are accepted, with its keys.
    Issuer = "issuer", "issuers";
    /// A key that signs the heads of the log.
    SigningKey = "signing_key", "signing_keys";
    /// A pseudonym that log entries use for the bearer of a token.
    Pseudonym = "pseudonym", "pseudonyms";
    /// The register as a whole.
    Register = "register", "log_head";
}

impl Kind {
    /// Whether its records have slugs of their own, by which they can be named instead of their ids.
    pub const fn has_slug(self) -> bool {
        matches!(self, Self::Department | Self::Mutual)
    }

    /// The part of a path below which its records are: `staff-ballots`.
    pub fn segment(self) -> String {
        match self {
            Self::Key => "keys".to_owned(),
            Self::Register => self.as_str().to_owned(),
            _ => self.table().replace('_', "-"),
        }
    }

    /// The kind that is found in this part of a path, below a record of `parent` or at the top.
    pub fn find(parent: Option<Self>, segment: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.parent() == parent && kind.segment() == segment)
    }

    /// The kind of child whose records are found in this part of a path at the top, whatever they belong to.
    pub fn find_child(segment: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.parent().is_some() && kind.segment() == segment)
    }

    /// Its records as people call them: `staff ballots`.
    pub fn plural(self) -> String {
        match self {
            Self::Key => "API keys".to_owned(),
            Self::Register => "register as a whole".to_owned(),
            _ => self.table().replace('_', " "),
        }
    }
}

/// As people call one: `staff ballot`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.pad("API key"),
            _ => f.pad(&self.as_str().replace('_', " ")),
        }
    }
}

/// What the register's entries and lists of what refers to a record say.
impl Vocabulary for Kind {
    const NAME: &'static str = "ResourceType";
    const DESCRIPTION: &'static str = "The type of record.";
    const ALL: &'static [Self] = Self::ALL;

    fn as_str(self) -> &'static str {
        Self::as_str(self)
    }

    fn describe(self) -> &'static str {
        Self::describe(self)
    }

    fn also_called(self) -> &'static [&'static str] {
        Self::also_called(self)
    }
}

impl FromStr for Kind {
    type Err = Invalid;

    /// Reads the word of a kind.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        vocabulary::find(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_where_it_says_that_it_is() {
        for kind in Kind::ALL.iter().copied() {
            assert_eq!(Kind::find(kind.parent(), &kind.segment()), Some(kind));
        }
        assert_eq!(Kind::find(Some(Kind::Mutual), "support-requests"), Some(Kind::SupportRequest));
        assert_eq!(Kind::find(None, "support-requests"), None);
        assert_eq!(Kind::find_child("support-requests"), Some(Kind::SupportRequest));
        assert_eq!(Kind::find_child("mutuals"), None);
        assert_eq!(Kind::find(Some(Kind::Contract), "notices"), Some(Kind::Notice));
        assert_eq!(Kind::find(None, "keys"), Some(Kind::Key));
    }

    #[test]
    fn records_belong_to_records_that_belong_to_nothing() {
        for parent in Kind::ALL.iter().filter_map(|kind| kind.parent()) {
            assert!(parent.parent().is_none() && Kind::RECORDS.contains(&parent), "{parent}");
        }
    }

    #[test]
    fn people_read_words_with_spaces() {
        assert_eq!(
            (Kind::StaffBallot.to_string().as_str(), Kind::Key.to_string().as_str()),
            ("staff ballot", "API key")
        );
        assert_eq!(Kind::PathwayProgress.plural(), "pathway progress");
    }

    #[test]
    fn the_word_of_each_kind_is_read() {
        for kind in Kind::ALL.iter().copied() {
            assert_eq!(kind.as_str().parse::<Kind>(), Ok(kind));
            assert_eq!(kind.is_record(), Kind::RECORDS.contains(&kind), "{kind}");
        }
    }
}
