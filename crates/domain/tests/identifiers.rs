//! Identifiers and CPV codes.

use domain::{CpvCode, CpvPrefix, FaultCode, Identifier, Scheme};
use proptest::prelude::*;

fn id(scheme: Scheme, raw: &str) -> Result<String, FaultCode> {
    Identifier::new(scheme, raw).map(|identifier| identifier.id().to_owned()).map_err(|invalid| invalid.code)
}

#[test]
fn a_company_number_has_eight_characters_in_capitals() {
    assert_eq!(id(Scheme::GbCoh, " 9506232 "), Ok("09506232".to_owned()));
    assert_eq!(id(Scheme::GbCoh, "sc123456"), Ok("SC123456".to_owned()));
    assert_eq!(id(Scheme::GbCoh, "OC1234"), Ok("OC001234".to_owned()));
    assert_eq!(id(Scheme::GbCoh, "R0000012"), Ok("R0000012".to_owned()));
    for raw in ["123456789", "ABC12345", "A1234567", "SC1234567", "0950 6232", "00000000", "SC", "12AB3456", "£1234567"]
    {
        assert_eq!(id(Scheme::GbCoh, raw), Err(FaultCode::InvalidFormat), "{raw}");
    }
}

#[test]
fn a_society_number_filed_as_a_company_is_refused_naming_the_right_scheme() {
    for (raw, kept) in [
        ("IP30526R", "30526R"),
        ("ip031234", "31234R"),
        ("RS007849", "7849"),
        ("SP2412RS", "2412RS"),
        ("NP000123", "NP123"),
        ("NO000045", "NO45"),
    ] {
        let refused = Identifier::new(Scheme::GbCoh, raw).unwrap_err();
        assert_eq!(refused.code, FaultCode::Misfiled, "{raw}");
        assert!(refused.detail.contains("GB-MPR"), "{}", refused.detail);
        assert_eq!(id(Scheme::GbMpr, raw), Ok(kept.to_owned()));
    }
}

#[test]
fn each_scheme_has_its_own_form() {
    let right = [
        (Scheme::GbMpr, "30526r", "30526R"),
        (Scheme::GbMpr, "012345R", "12345R"),
        (Scheme::GbMpr, "IP12345R", "12345R"),
        (Scheme::GbMpr, "IP012345", "12345R"),
        (Scheme::GbMpr, "12345 r", "12345R"),
        (Scheme::GbMpr, "2412R(S)", "2412RS"),
        (Scheme::GbMpr, "SP2412R", "2412RS"),
        (Scheme::GbMpr, "007849", "7849"),
        (Scheme::GbMpr, "1234wmc", "1234WMC"),
        (Scheme::GbMpr, "00213AOFI", "213AOFI"),
        (Scheme::GbChc, "1156305", "1156305"),
        (Scheme::GbChc, "0200051", "200051"),
        (Scheme::GbChc, "200051/2", "200051-2"),
        (Scheme::GbChc, "200051-02", "200051-2"),
        (Scheme::GbChc, "200051-0", "200051"),
        (Scheme::GbSc, "12345", "SC012345"),
        (Scheme::GbSc, "sc012345", "SC012345"),
        (Scheme::GbSc, "SCO12345", "SC012345"),
        (Scheme::GbNic, "NIC100012", "100012"),
        (Scheme::GbNhs, "ryj", "RYJ"),
        (Scheme::GbLae, "gls", "GLS"),
        (Scheme::GbGor, "ot1021", "OT1021"),
        (Scheme::GbGor, "D0002", "D2"),
        (Scheme::GbGovuk, "Cabinet-Office", "cabinet-office"),
        (Scheme::GbUkprn, "10007773", "10007773"),
        (Scheme::GbPpon, "pabc-1234-wxyz", "PABC-1234-WXYZ"),
    ];
    for (scheme, given, kept) in right {
        assert_eq!(id(scheme, given), Ok(kept.to_owned()), "{scheme} {given}");
    }
    let wrong = [
        (Scheme::GbMpr, "1234567"),
        (Scheme::GbMpr, "123ABCDE"),
        (Scheme::GbMpr, "ABC123R"),
        (Scheme::GbMpr, "1(S)2"),
        (Scheme::GbChc, "12345"),
        (Scheme::GbChc, "200051-"),
        (Scheme::GbSc, "SC1234567"),
        (Scheme::GbNic, "12345"),
        (Scheme::GbNhs, "RY"),
        (Scheme::GbLae, "GLOS"),
        (Scheme::GbGor, "1021"),
        (Scheme::GbGovuk, "cabinet--office"),
        (Scheme::GbUkprn, "20007773"),
        (Scheme::GbPpon, "PABC-123-WXYZ"),
        (Scheme::GbPpon, "PABC-1234-WXYZ-A"),
    ];
    for (scheme, given) in wrong {
        assert_eq!(id(scheme, given), Err(FaultCode::InvalidFormat), "{scheme} {given}");
    }
}

#[test]
fn an_identifier_is_read_from_its_scheme_a_colon_and_its_id() {
    let read = |raw: &str| raw.parse::<Identifier>().map_err(|invalid| invalid.code);

    assert_eq!(read("GB-COH:9506232").unwrap().to_string(), "GB-COH:09506232");
    assert_eq!(read("gb-coh:9506232").unwrap().to_string(), "GB-COH:09506232");
    assert_eq!(read("GB-COH-9506232").unwrap().to_string(), "GB-COH:09506232");
    assert_eq!(read("GB-CHC-200051-2").unwrap().to_string(), "GB-CHC:200051-2");
    assert_eq!(read("GB-SC-SC012345").unwrap().to_string(), "GB-SC:SC012345");
    assert_eq!(read("09506232"), Err(FaultCode::InvalidFormat));
    assert_eq!(read("GB-COX:09506232"), Err(FaultCode::NotInVocabulary));
    assert_eq!(read("GB-COH:"), Err(FaultCode::Empty));
    assert_eq!(read(&format!("GB-GOVUK:{}", "x".repeat(101))), Err(FaultCode::TooLong));
}

#[test]
fn a_cpv_code_may_be_given_without_its_check_digit() {
    assert_eq!("85000000".parse::<CpvCode>().unwrap().to_string(), "85000000-9");
    assert_eq!("85000000-9".parse::<CpvCode>().unwrap(), "85000000".parse().unwrap());
    assert_eq!("85000000-8".parse::<CpvCode>().unwrap_err().code, FaultCode::CheckDigit);
    for raw in
        ["", "8500000", "850000000", "8500000A", "85000000-", "85000000-99", "85000000-+", "85000000-9-9", " 85000000"]
    {
        assert_eq!(raw.parse::<CpvCode>().unwrap_err().code, FaultCode::InvalidFormat, "{raw:?}");
    }
}

#[test]
fn a_prefix_has_two_to_eight_digits() {
    assert!(["85", "85121", "85121100"].iter().all(|raw| raw.parse::<CpvPrefix>().is_ok()));
    assert!(
        "8".parse::<CpvPrefix>().is_err()
            && "851211004".parse::<CpvPrefix>().is_err()
            && "8a".parse::<CpvPrefix>().is_err()
    );
}

fn given_ids() -> impl Strategy<Value = (Scheme, String)> {
    let any_text = (proptest::sample::select(Scheme::ALL), "\\PC{0,14}");
    let likely = (proptest::sample::select(Scheme::ALL), "[a-zA-Z]{0,4}-?[0-9]{0,8}(-[0-9a-zA-Z]{1,4})?[A-Za-z]?");
    prop_oneof![1 => any_text, 5 => likely]
}

proptest! {
    #[test]
    fn normalising_an_identifier_again_changes_nothing((scheme, raw) in given_ids()) {
        if let Ok(identifier) = Identifier::new(scheme, &raw) {
            prop_assert_eq!(Identifier::new(scheme, identifier.id()), Ok(identifier.clone()));
            prop_assert_eq!(identifier.to_string().parse::<Identifier>(), Ok(identifier));
        }
    }

    #[test]
    fn a_company_number_has_eight_characters_however_it_was_given(raw in "[A-Z]{0,2}[0-9]{1,8}") {
        if let Ok(identifier) = Identifier::new(Scheme::GbCoh, &raw) {
            prop_assert_eq!(identifier.id().len(), 8);
            prop_assert_eq!(Identifier::new(Scheme::GbCoh, &raw.to_lowercase()), Ok(identifier));
        }
    }

    #[test]
    fn every_single_mistyped_digit_of_a_cpv_code_is_caught(digits in "[0-9]{8}", position in 0usize..9, change in 1u32..10) {
        let code = digits.parse::<CpvCode>().unwrap().to_string();
        let at = if position == 8 { 9 } else { position };
        let mistyped: String = code
            .chars()
            .enumerate()
            .map(|(i, c)| if i == at { char::from_digit((c.to_digit(10).unwrap() + change) % 10, 10).unwrap() } else { c })
            .collect();
        prop_assert_eq!(mistyped.parse::<CpvCode>().unwrap_err().code, FaultCode::CheckDigit);
    }
}
