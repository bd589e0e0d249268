//! Which choices a ballot has.

use domain::BallotMethod;
use domain::FaultCode;
use domain::ballot_protocol::{BallotPaper, Choice};
use proptest::prelude::*;

use crate::kit::{keys, paper, places};

fn ranked() -> BallotPaper {
    paper(BallotMethod::Ranked, "mutual,stay,trust")
}

fn single() -> BallotPaper {
    paper(BallotMethod::SingleChoice, "mutual,stay,trust")
}

#[test]
fn a_choice_names_options_of_the_ballot() {
    for raw in ["mutual", "trust>mutual", "trust>mutual>stay"] {
        let choice = Choice::parse(raw, &ranked()).unwrap();
        assert_eq!(choice.to_string(), raw);
        assert_eq!(Choice::new(choice.options().to_vec(), &ranked()), Ok(choice));
    }
    assert_eq!(Choice::parse("stay", &single()).unwrap().options(), keys("stay"));
}

#[test]
fn all_faults_of_a_choice_are_told_at_their_place() {
    let refused = |raw: &str, paper: BallotPaper| Choice::parse(raw, &paper).unwrap_err();
    assert_eq!(places(&refused("", ranked())), [("", FaultCode::Empty)]);
    assert_eq!(places(&refused("yes", single())), [("0", FaultCode::UnknownReference)]);
    assert_eq!(places(&refused("Stay", single())), [("0", FaultCode::UnknownReference)]);
    assert_eq!(places(&refused(" stay", single())), [("0", FaultCode::UnknownReference)]);
    assert_eq!(places(&refused("stay>", ranked())), [("1", FaultCode::UnknownReference)]);
    assert_eq!(places(&refused("mutual>stay", single())), [("", FaultCode::TooMany)]);
    assert_eq!(places(&refused(&"stay".repeat(100), ranked())), [("", FaultCode::TooLong)]);
    assert_eq!(
        places(&refused("yes>stay>stay", ranked())),
        [("0", FaultCode::UnknownReference), ("2", FaultCode::DuplicateItem)]
    );
    assert_eq!(
        places(&refused("stay>stay>stay>stay", ranked())),
        [("", FaultCode::TooMany), ("1", FaultCode::DuplicateItem), ("2", FaultCode::DuplicateItem)]
    );
    assert_eq!(places(&Choice::new(Vec::new(), &ranked()).unwrap_err()), [("", FaultCode::TooFew)]);
    let detail = &refused("yes", single())[0].detail;
    assert_eq!(detail, r#""yes" is not an option of this ballot: expected one of `mutual`, `stay`, `trust`"#);
}

proptest! {
    #[test]
    fn whatever_is_sent_is_a_choice_of_different_options_or_refused(raw in "((mutual|stay|trust|x|)>?){0,5}") {
        match Choice::parse(&raw, &ranked()) {
            Ok(choice) => {
                prop_assert_eq!(choice.to_string(), raw);
                let mut options = choice.options().to_vec();
                options.sort();
                options.dedup();
                prop_assert_eq!(options.len(), choice.options().len());
            }
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }
}
