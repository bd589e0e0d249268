//! Money, percentages, web addresses, lists and vocabularies.

use domain::{
    BallotState, Currency, Distinct, FaultCode, LegalForm, MAX_INTEGER, Money, Percent, PrintedPercent, Procedure,
    Sector, Stage, Vocabulary, WebUrl,
};
use proptest::prelude::*;

fn fields(faults: &[domain::Fault]) -> Vec<(&str, FaultCode)> {
    faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect()
}

#[test]
fn money_is_never_negative_and_never_beyond_exact_json_integers() {
    let pounds: Currency = "GBP".parse().unwrap();

    assert_eq!(Money::new(MAX_INTEGER, pounds).unwrap().amount_minor(), MAX_INTEGER);
    assert_eq!(Money::new(0, pounds).unwrap().currency().to_string(), "GBP");
    assert_eq!(Money::new(-1, pounds).unwrap_err().code, FaultCode::OutOfRange);
    assert_eq!(Money::new(MAX_INTEGER + 1, pounds).unwrap_err().code, FaultCode::OutOfRange);
}

#[test]
fn a_currency_is_three_capital_letters() {
    for raw in ["", "GB", "GBPX", "gbp", "G8P", "£££", "GÉ"] {
        assert_eq!(raw.parse::<Currency>().unwrap_err().code, FaultCode::InvalidFormat, "{raw:?}");
    }
}

#[test]
fn a_percentage_has_at_most_two_places_and_is_shown_with_two() {
    for (raw, shown) in
        [("51", "51.00"), ("51.5", "51.50"), ("91.03", "91.03"), ("0", "0.00"), ("0.05", "0.05"), ("100.00", "100.00")]
    {
        assert_eq!(raw.parse::<Percent>().unwrap().to_string(), shown);
    }
    for raw in ["", ".5", "51.", "51.555", "051", "-1", "+1", "5e1", "51%", "51,5", " 51", "1.2.3"] {
        assert_eq!(raw.parse::<Percent>().unwrap_err().code, FaultCode::InvalidFormat, "{raw:?}");
    }
    for raw in ["100.01", "101", "99999999999999999999999"] {
        assert_eq!(raw.parse::<Percent>().unwrap_err().code, FaultCode::OutOfRange, "{raw:?}");
    }
}

#[test]
fn a_printed_percentage_stays_as_it_was_printed() {
    for raw in ["91", "91.0", "91.0300", "100.0000"] {
        assert_eq!(raw.parse::<PrintedPercent>().unwrap().as_str(), raw);
    }
    assert_eq!("91.03000".parse::<PrintedPercent>().unwrap_err().code, FaultCode::InvalidFormat);
    assert_eq!("100.0001".parse::<PrintedPercent>().unwrap_err().code, FaultCode::OutOfRange);
}

#[test]
fn a_web_address_is_kept_as_given() {
    for raw in ["https://www.gov.uk", "HTTP://Example.org:8080/a%20b?q=1&x=y#part", "http://[::1]/"] {
        assert_eq!(raw.parse::<WebUrl>().unwrap().as_str(), raw);
    }
    assert_eq!(" https://gov.uk/ ".parse::<WebUrl>().unwrap().as_str(), "https://gov.uk/");
}

#[test]
fn an_address_that_is_not_a_plain_web_address_is_refused() {
    let refused = [
        ("", FaultCode::Empty),
        ("www.gov.uk", FaultCode::InvalidFormat),
        ("ftp://gov.uk/", FaultCode::InvalidFormat),
        ("javascript:alert(1)", FaultCode::InvalidFormat),
        ("https:gov.uk", FaultCode::InvalidFormat),
        ("https://", FaultCode::InvalidFormat),
        ("https:///gov.uk", FaultCode::InvalidFormat),
        ("https://user@gov.uk/", FaultCode::InvalidFormat),
        ("https://:@gov.uk/", FaultCode::InvalidFormat),
        ("https://gov.uk:99999/", FaultCode::InvalidFormat),
        ("https://gov.uk/a b", FaultCode::InvalidCharacter),
        ("https://gov.uk\\@evil.example/", FaultCode::InvalidCharacter),
        ("https://gov.uk/caf\u{e9}", FaultCode::InvalidCharacter),
        ("https://gov.uk/\na", FaultCode::InvalidCharacter),
        ("https://gov.uk/a[1]", FaultCode::InvalidCharacter),
        ("https://gov.uk/#a#b", FaultCode::InvalidCharacter),
        ("https://gov.uk/100%", FaultCode::InvalidCharacter),
    ];
    for (raw, code) in refused {
        assert_eq!(raw.parse::<WebUrl>().unwrap_err().code, code, "{raw:?}");
    }
    let long = format!("https://gov.uk/{}", "x".repeat(2_000));
    assert_eq!(long.parse::<WebUrl>().unwrap_err().code, FaultCode::TooLong);
}

#[test]
fn a_list_without_repeats_names_each_repeat_by_its_position() {
    type Few = Distinct<u8, 1, 3>;

    assert_eq!(Few::new(vec![1, 2, 3]).unwrap().to_vec(), [1, 2, 3]);
    assert_eq!(fields(&Few::new(vec![]).unwrap_err()), [("", FaultCode::TooFew)]);
    assert_eq!(fields(&Few::new(vec![1, 2, 3, 4]).unwrap_err()), [("", FaultCode::TooMany)]);
    assert_eq!(
        fields(&Few::new(vec![1, 1, 1]).unwrap_err()),
        [("1", FaultCode::DuplicateItem), ("2", FaultCode::DuplicateItem)]
    );
    assert!(Distinct::<u8, 0, 3>::default().is_empty());
}

#[test]
fn a_fault_seen_from_above_has_the_longer_path() {
    let fault = domain::Fault::new("", FaultCode::Empty, "empty").under(2).under("sources").citing("pa2023.s33(3)");

    assert_eq!((fault.field.as_str(), fault.rule), ("sources/2", Some("pa2023.s33(3)")));
}

#[test]
fn a_word_that_is_nearly_right_is_answered_with_the_right_one() {
    let detail = |raw: &str| raw.parse::<Stage>().unwrap_err().detail;

    assert!(detail("operatin").contains("did you mean `operating`?"));
    assert!(detail("Contract Lost").contains("did you mean `contract_lost`?"));
    assert!("GB-COM".parse::<domain::Scheme>().unwrap_err().detail.contains("GB-COH"));
    assert!(detail("zzz").contains("`idea`, `options_appraisal`"));
    assert!(detail(&"x".repeat(100_000)).len() < 1_000);
}

/// The words are what clients send and tables hold: changing one breaks both.
#[test]
fn the_vocabularies_have_the_words_of_the_contract() {
    let words = |all: &[Stage]| all.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(" ");
    assert_eq!(
        words(Stage::ALL),
        "idea options_appraisal business_case approval_pending approved staff_consultation transfer_preparation launched operating \
         recontracting suspended rejected withdrawn blocked merged contract_lost returned_in_house closed insolvent"
    );
    assert_eq!(
        (Sector::ALL.len(), LegalForm::ALL.len(), Procedure::ALL.len(), BallotState::ALL.len()),
        (21, 17, 21, 4)
    );
}

fn well_described<V: Vocabulary + std::str::FromStr + PartialEq + std::fmt::Debug>() {
    let words: std::collections::HashSet<_> = V::ALL.iter().map(|value| value.as_str()).collect();
    assert_eq!(words.len(), V::ALL.len(), "{} has a word twice", V::NAME);
    assert!(V::DESCRIPTION.ends_with('.') && !V::DESCRIPTION.contains('\n'), "{}", V::NAME);
    for value in V::ALL {
        let text = value.describe();
        assert!(text.ends_with('.') && !text.starts_with(' ') && !text.contains(['\n', '[']), "{value:?}: {text}");
        assert_eq!(value.as_str().parse::<V>().ok(), Some(*value));
    }
}

#[test]
fn every_word_is_described_and_read_back() {
    well_described::<domain::BallotKind>();
    well_described::<domain::BallotMethod>();
    well_described::<domain::BallotMode>();
    well_described::<BallotState>();
    well_described::<domain::Basis>();
    well_described::<domain::CommitmentKind>();
    well_described::<domain::CommitmentStatus>();
    well_described::<domain::Constituency>();
    well_described::<domain::ContractStatus>();
    well_described::<domain::CountsKnown>();
    well_described::<domain::DepartmentKind>();
    well_described::<domain::Effect>();
    well_described::<domain::EnablerRole>();
    well_described::<FaultCode>();
    well_described::<domain::LaunchCondition>();
    well_described::<domain::FigureCheck>();
    well_described::<LegalForm>();
    well_described::<domain::LookedAtKind>();
    well_described::<domain::ObjectionKind>();
    well_described::<domain::ObjectionOutcome>();
    well_described::<domain::Organiser>();
    well_described::<domain::OriginRoute>();
    well_described::<domain::Position>();
    well_described::<Procedure>();
    well_described::<domain::ProtectionKind>();
    well_described::<domain::PublishedBasis>();
    well_described::<domain::Region>();
    well_described::<domain::Scheme>();
    well_described::<Sector>();
    well_described::<Stage>();
    well_described::<domain::SupportStatus>();
    well_described::<domain::TestOutcome>();
}

proptest! {
    #[test]
    fn every_percentage_is_read_back_as_it_is_shown(hundredths in 0u32..=10_000) {
        let shown = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let percent: Percent = shown.parse().unwrap();
        prop_assert_eq!(percent.to_string(), shown);
        prop_assert_eq!(percent.hundredths(), hundredths);
    }

    #[test]
    fn a_list_is_accepted_exactly_if_it_fits_and_repeats_nothing(items in proptest::collection::vec(0u8..12, 0..8)) {
        let distinct = items.iter().collect::<std::collections::HashSet<_>>().len() == items.len();
        prop_assert_eq!(Distinct::<u8, 2, 5>::new(items.clone()).is_ok(), distinct && (2..=5).contains(&items.len()));
    }
}
