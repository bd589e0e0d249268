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
    let fault = domain::Fault::new("", FaultCode::Empty, "empty").under(2).under("sources").citing("pa2023.s33(5)");

    assert_eq!((fault.field.as_str(), fault.rule), ("sources/2", Some("pa2023.s33(5)")));
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

fn refused<V: Vocabulary + std::str::FromStr<Err = domain::Invalid>>(raw: &str) -> String {
    let Err(invalid) = raw.parse::<V>() else { unreachable!("{raw} is no word") };
    assert_eq!(invalid.code, FaultCode::NotInVocabulary);
    invalid.detail
}

/// A charitable incorporated organisation is not a community interest company, and so on.
#[test]
fn a_near_word_with_another_legal_meaning_is_not_suggested() {
    let cics = "did you mean `cic_limited_by_guarantee`, `cic_limited_by_shares` or `cic_unspecified`?";
    for cic in ["cic", "CIC", "c.i.c.", " Cic ", "community interest company", "Community-Interest_Company"] {
        assert!(refused::<LegalForm>(cic).ends_with(cics), "{cic}: {}", refused::<LegalForm>(cic));
    }
    for (form, expected) in [
        ("CIO", "did you mean `cio`?"),
        ("scio", "did you mean `other`?"),
        ("cios", "expected one of"),
        ("llc", "expected one of"),
        ("lp", "expected one of"),
        ("incorporated", "expected one of"),
        ("cig_limited_by_shares", "expected one of"),
        ("community_interest_society", "expected one of"),
        ("co-op", "did you mean `cooperative_society`?"),
        ("Co-operative Society", "did you mean `cooperative_society`?"),
        ("BenCom", "did you mean `community_benefit_society`?"),
        ("comunity interest company", cics),
        ("charitable incorporated organization", "did you mean `cio`?"),
        ("limited by guarantee", "did you mean `cic_limited_by_guarantee` or `company_limited_by_guarantee`?"),
    ] {
        assert!(refused::<LegalForm>(form).contains(expected), "{form}: {}", refused::<LegalForm>(form));
    }
    for (procedure, expected) in [
        ("pr_open", "expected one of"),
        ("psr_direct_d", "expected one of"),
        ("pa_s34_reserved", "expected one of"),
        ("open", "did you mean `pcr_open` or `pa_open`?"),
        ("reserved", "did you mean `pcr_reg77_reserved` or `pa_s33_reserved`?"),
        ("section 33", "did you mean `pa_s33_reserved`?"),
        ("Direct award process C", "did you mean `psr_direct_c`?"),
        ("pcr_resticted", "did you mean `pcr_restricted`?"),
    ] {
        assert!(refused::<Procedure>(procedure).contains(expected), "{procedure}: {}", refused::<Procedure>(procedure));
    }
    for (scheme, expected) in [
        ("GB-COX", "expected one of"),
        ("GB-LAS", "expected one of"),
        ("gb coh", "did you mean `GB-COH`?"),
        ("Companies House", "did you mean `GB-COH`?"),
        ("charity number", "did you mean `GB-CHC`, `GB-SC` or `GB-NIC`?"),
    ] {
        assert!(
            refused::<domain::Scheme>(scheme).contains(expected),
            "{scheme}: {}",
            refused::<domain::Scheme>(scheme)
        );
    }
    assert!(refused::<domain::DepartmentKind>("ministerial").contains("expected one of"));
    assert!(refused::<domain::DepartmentKind>("ICB").contains("did you mean `nhs_commissioner`?"));
    assert!(refused::<domain::CommitmentStatus>("met_lete").contains("expected one of"));
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
        (21, 17, 22, 8)
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
        named_well(*value, &words);
    }
}

/// A name that is a word of the list would not be told as another name, and is one value's only.
fn named_well<V: Vocabulary + std::str::FromStr>(value: V, words: &std::collections::HashSet<&str>) {
    let squeezed = |name: &str| name.to_lowercase().replace([' ', '_', '-'], "");
    let mut names = std::collections::HashSet::new();
    for name in value.also_called() {
        assert!(words.iter().all(|word| squeezed(word) != squeezed(name)), "{} is a word of {}", name, V::NAME);
        assert!(names.insert(squeezed(name)), "{name} is twice with {}", value.as_str());
        let detail = name.parse::<V>().map_err(|_| V::NAME).err();
        assert_eq!(detail, Some(V::NAME), "{name}");
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
    well_described::<domain::CompetitionKind>();
    well_described::<domain::CompetitionOutcome>();
    well_described::<domain::Constituency>();
    well_described::<domain::ContractStatus>();
    well_described::<domain::CountsKnown>();
    well_described::<domain::DepartmentKind>();
    well_described::<domain::Effect>();
    well_described::<domain::EnablerRole>();
    well_described::<FaultCode>();
    well_described::<domain::LaunchCondition>();
    well_described::<domain::FigureCheck>();
    well_described::<domain::FirstContract>();
    well_described::<LegalForm>();
    well_described::<domain::LookedAtKind>();
    well_described::<domain::NoticeCode>();
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
    well_described::<domain::WinnerKind>();
    well_described::<domain::Role>();
    well_described::<domain::Regime>();
    well_described::<domain::ComplianceRule>();
    well_described::<domain::RuleOutcome>();
    well_described::<domain::Nation>();
    well_described::<domain::ImportMode>();
    well_described::<domain::ImportState>();
    well_described::<domain::Importable>();
    well_described::<domain::statistics::StandingGroup>();
    well_described::<domain::statistics::TimelineStep>();
    well_described::<domain::record::EntryAction>();
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
