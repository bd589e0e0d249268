//! Names, prose, search words and slugs, through their parsers.

use domain::{
    Contract, DepartmentId, EmailAddress, FaultCode, Key, Line, Mutual, Name, Note, Prose, SearchQuery, Slug, WebUrl,
    fold_name, indexed, sort_key, tokens,
};
use proptest::prelude::*;

fn refusal<T: std::str::FromStr<Err = domain::Invalid> + std::fmt::Debug>(raw: &str) -> FaultCode {
    match raw.parse::<T>() {
        Ok(value) => unreachable!("{raw:?} was read as {value:?}"),
        Err(invalid) => invalid.code,
    }
}

#[test]
fn a_name_is_trimmed_and_put_into_one_unicode_form() {
    let decomposed: Name = "  Cafe\u{301} Mutual\u{a0}".parse().unwrap();

    assert_eq!(decomposed.as_str(), "Café Mutual");
    assert_eq!(decomposed, "Café Mutual".parse().unwrap());
}

#[test]
fn a_name_of_nothing_that_shows_is_empty() {
    for raw in ["", "   ", "\u{a0}", "\u{200b}\u{feff}", "\u{200e}"] {
        assert_eq!(refusal::<Name>(raw), FaultCode::Empty, "{raw:?}");
    }
}

#[test]
fn what_takes_no_room_is_taken_away_from_every_text() {
    for raw in [
        "Calder\u{200b} Libraries",
        "\u{feff}Calder Libraries",
        "Cal\u{ad}der Libraries",
        "Calder\u{200d} Libra\u{fe0f}ries\u{200e}",
        "Calder Libraries\u{2800}",
        "\u{3164}Calder\u{e0061} Libraries\u{2060}",
    ] {
        assert_eq!(raw.parse::<Name>().unwrap().as_str(), "Calder Libraries", "{raw:?}");
        assert_eq!(raw.parse::<Note>().unwrap().as_str(), "Calder Libraries", "{raw:?}");
    }
    assert_eq!("e\u{200d}\u{301}".parse::<Name>().unwrap().as_str(), "\u{e9}");
    assert_eq!(
        "https://www.exam\u{ad}ple.org/a\u{200b}b".parse::<WebUrl>().unwrap().as_str(),
        "https://www.example.org/ab"
    );
    assert_eq!("jo@exam\u{200b}ple.org".parse::<EmailAddress>().unwrap().as_str(), "jo@example.org");
}

#[test]
fn a_text_that_shows_nothing_is_empty() {
    for raw in ["\u{2800}", " \u{2800}\u{2800} ", "\u{3164}", "\u{ad}", "\u{fe0f}", "\u{1d159}", "\u{e0061}\u{115f}"] {
        assert_eq!(refusal::<Name>(raw), FaultCode::Empty, "{raw:?}");
        assert_eq!(refusal::<Note>(raw), FaultCode::Empty, "{raw:?}");
    }
}

#[test]
fn the_length_of_a_text_is_counted_in_characters_as_it_came() {
    assert!("é".repeat(5).parse::<Line<5>>().is_ok());
    for raw in ["éééééé", " éééé ", "éééé\r\n"] {
        assert!(raw.parse::<Line<5>>().is_err(), "{raw:?}");
    }
    assert_eq!(refusal::<Line<5>>("éééééé"), FaultCode::TooLong);
    assert_eq!(refusal::<Prose<5>>("a\r\nb\r\n"), FaultCode::TooLong);
    assert_eq!("a\r\nb\n".parse::<Prose<5>>().unwrap().as_str(), "a\nb");
}

#[test]
fn a_line_has_no_line_break_and_no_control_or_direction_character() {
    for raw in
        ["a\nb", "a\r\nb", "a\u{2028}b", "a\u{0}b", "a\tb", "a\t", "\na", "a\u{2029}", "a\u{202e}b", "a\u{2067}b"]
    {
        assert_eq!(refusal::<Name>(raw), FaultCode::InvalidCharacter, "{raw:?}");
    }
}

#[test]
fn prose_keeps_lines_and_tabs_and_has_one_kind_of_line_end() {
    let note: Note = "\r\nfirst\r\n\tsecond\r\n".parse().unwrap();

    assert_eq!(note.as_str(), "first\n\tsecond");
    assert_eq!(refusal::<Note>("a\rb"), FaultCode::InvalidCharacter);
    assert_eq!(refusal::<Note>("a\u{7}b"), FaultCode::InvalidCharacter);
}

#[test]
fn names_that_differ_in_letter_case_or_inner_white_space_have_one_key() {
    assert_eq!(fold_name("Harmonie  Care"), fold_name("HARMONIE\u{a0}CARE"));
    assert_eq!(fold_name("Straße"), fold_name("STRASSE"));
    assert_eq!(fold_name("Cafe\u{301}"), fold_name("CAFÉ"));
    assert_ne!(fold_name("Café"), fold_name("Cafe"));
}

#[test]
fn names_that_look_the_same_have_one_key() {
    for (one, other) in [
        // Cyrillic letters among Latin ones, as capitals and as small letters.
        ("Calder", "С\u{430}lder"),
        ("CALDER", "с\u{430}lder"),
        ("Calder", "Ca\u{4cf}der"),
        ("Calder", "Ca\u{4c0}der"),
        ("Islington", "\u{406}slington"),
        ("BILL", "B\u{406}LL"),
        ("Buckland", "\u{412}uckland"),
        // Greek, Armenian, Cherokee, phonetic letters.
        ("Oxford", "\u{39f}xf\u{3bf}rd"),
        ("Oxford", "\u{555}xf\u{585}rd"),
        ("Calder", "C\u{251}lder"),
        // A whole word of another script.
        ("Coco Care", "\u{421}\u{43e}\u{441}\u{43e} Care"),
        // Wide and bold letters, signs, blanks.
        ("Calder 2", "\u{ff23}alder \u{ff12}"),
        ("Calder", "\u{1d402}alder"),
        ("O'Brien", "O\u{2019}Brien"),
        ("Co-op", "Co\u{2011}op"),
        ("\"Care\"", "\u{201c}Care\u{201d}"),
        ("Calder Libraries", "Calder\u{2800}Libraries"),
        ("Calder", "Cal\u{200b}der"),
        ("Caf\u{e9}", "C\u{430}f\u{435}\u{301}"),
    ] {
        assert_eq!(fold_name(one), fold_name(other), "{one} {other}");
    }
}

#[test]
fn names_that_can_be_told_apart_have_two_keys() {
    for (one, other) in [
        ("Modern", "Modem"),
        ("Caf\u{e9} Modern", "Caf\u{e9} Modem"),
        ("T\u{177} Modern", "T\u{177} Modem"),
        ("Bill", "Bi11"),
        ("Care O2", "Care 02"),
        ("\u{141}\u{f3}d\u{17a}", "Lodz"),
        ("\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}", "Mocksa"),
        ("\u{3a3}\u{391}\u{3a3}", "SAS"),
        ("Stra\u{df}e", "Strabe"),
    ] {
        assert_ne!(fold_name(one), fold_name(other), "{one} {other}");
    }
}

#[test]
fn the_key_of_a_name_fits_into_an_index() {
    for c in ['\u{fdfa}', '\u{390}', '\u{fb03}', '\u{1d402}', '\u{2016}', '\u{10ffff}'] {
        let name = c.to_string().repeat(200);
        assert!(fold_name(&name).len() <= 2_400 && sort_key(&name).len() <= 200, "{c:?}");
    }
}

#[test]
fn names_are_put_in_order_without_accents_and_signs() {
    let mut names = ["Wye", "\u{174}y", "Zeta", "alpha", "\u{201c}Beta\u{201d}", "\u{c9}vasion", "O'Brien", "Ocean"];
    names.sort_by_key(|name| sort_key(name));
    assert_eq!(names, ["alpha", "\u{201c}Beta\u{201d}", "\u{c9}vasion", "O'Brien", "Ocean", "\u{174}y", "Wye", "Zeta"]);
}

#[test]
fn words_that_signs_join_are_one_word_too() {
    assert_eq!(tokens("O'Brien"), ["o", "obrien", "brien"]);
    assert_eq!(tokens("Suffolk’s"), ["suffolk", "suffolks", "s"]);
    assert_eq!(tokens("Co-op"), ["co", "coop", "cooperative", "op"]);
    assert_eq!(tokens("C.I.C. 2012-13"), ["c", "cic", "i", "ic", "2012", "201213", "13"]);
    assert_eq!(tokens("a -- b – c"), ["a", "b", "c"]);
    assert_eq!(tokens("007 SC0012 0 00"), ["7", "sc12", "0"]);
    // Long chains of short words grow by no more than four times.
    assert!(indexed(&"ab-".repeat(3_000)).len() < 9_000 * 5);
}

#[test]
fn words_are_searched_as_they_look() {
    assert_eq!(tokens("С\u{430}lder Cal\u{200b}der \u{ff23}alder"), ["calder"]);
    assert_eq!(tokens("\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}"), ["moskva"]);
}

#[test]
fn words_lose_accents_and_repeats_and_keep_their_order() {
    assert_eq!(
        tokens("Évasion: care, CARE & “Bien-être” 2012"),
        ["evasion", "care", "bien", "bienetre", "etre", "2012"]
    );
    assert_eq!(tokens("cafe\u{301}"), tokens("café"));
    assert_eq!(tokens(&"x".repeat(100)), ["x".repeat(64)]);
    assert!(tokens("—!?").is_empty());
}

#[test]
fn a_query_has_one_to_ten_words_and_at_most_two_hundred_characters() {
    let words = |query: &str| {
        let query: SearchQuery = query.parse().unwrap();
        query.words().iter().map(|word| (word.parts().join(" "), word.joined().map(str::to_owned))).collect::<Vec<_>>()
    };
    assert_eq!(words("Care  care Plus"), [("care".to_owned(), None), ("plus".to_owned(), None)]);
    assert_eq!(words("O’Brien"), [("o brien".to_owned(), Some("obrien".to_owned()))]);
    assert_eq!(words("a-b-c-d-e"), [("a b c d e".to_owned(), None)]);
    assert_eq!(refusal::<SearchQuery>(" - "), FaultCode::Empty);
    assert_eq!(refusal::<SearchQuery>("a b c d e f g h i j k"), FaultCode::TooMany);
    assert_eq!(refusal::<SearchQuery>(&"x".repeat(201)), FaultCode::TooLong);
}

#[test]
fn a_slug_is_words_of_small_letters_and_digits_joined_by_single_hyphens() {
    assert!("be-independent-2".parse::<Slug>().is_ok());
    assert_eq!(refusal::<Slug>(""), FaultCode::Empty);
    assert_eq!(refusal::<Slug>("Care"), FaultCode::InvalidCharacter);
    assert_eq!(refusal::<Slug>("soins-santé"), FaultCode::InvalidCharacter);
    for raw in ["-care", "care-", "care--plus", "-"] {
        assert_eq!(refusal::<Slug>(raw), FaultCode::InvalidFormat, "{raw:?}");
    }
    assert!("x".repeat(80).parse::<Slug>().is_ok());
    assert_eq!(refusal::<Slug>(&"x".repeat(81)), FaultCode::TooLong);
}

#[test]
fn what_is_shaped_like_a_uuid_is_an_id_and_never_a_slug() {
    let uuid = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f";

    assert_eq!(refusal::<Slug>(uuid), FaultCode::InvalidFormat);
    assert_eq!(uuid.parse::<Key<Mutual>>().unwrap(), Key::Id(uuid.parse().unwrap()));
    assert_eq!("cabinet-office".parse::<Key<Mutual>>().unwrap(), Key::Slug("cabinet-office".parse().unwrap()));
    assert_eq!(uuid.parse::<Key<Contract>>().unwrap(), Key::Id(uuid.parse().unwrap()));
    assert!("library-services".parse::<Key<Contract>>().is_err(), "contracts have no slugs");
    assert_eq!(uuid.to_uppercase().parse::<Key<Mutual>>(), uuid.parse());
}

#[test]
fn an_id_is_read_in_any_letter_case_and_written_in_lower_case_with_hyphens() {
    let id: DepartmentId = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f".parse().unwrap();

    assert_eq!(id.to_string().parse(), Ok(id));
    for same in ["0190B7A4-3F52-7C31-9E2D-5A1B8C6D7E0F", "0190b7a4-3F52-7c31-9E2D-5a1b8C6D7E0f"] {
        assert_eq!(same.parse(), Ok(id), "{same}");
    }
    for raw in ["0190b7a43f527c319e2d5a1b8c6d7e0f", "{0190b7a4}", "urn:uuid:0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", ""] {
        assert_eq!(refusal::<DepartmentId>(raw), FaultCode::InvalidFormat, "{raw:?}");
    }
}

#[test]
fn the_slug_of_a_name_is_its_words_as_far_as_they_fit() {
    let slug = |name: &str| Slug::from_name(&name.parse().unwrap()).to_string();

    assert_eq!(slug("Évasion & Care for Care C.I.C."), "evasion-care-for-care-c-i-c");
    assert_eq!(slug("—"), "unnamed");
    assert_eq!(
        slug(&format!("{} {} end", "a".repeat(50), "b".repeat(29))),
        format!("{}-{}", "a".repeat(50), "b".repeat(29))
    );
    assert_eq!(slug("01234567-0123-0123-0123-0123456789ab"), "01234567-0123-0123-0123-0123456789ab-1");
}

proptest! {
    #[test]
    fn reading_a_text_again_changes_nothing(raw in "\\PC{1,40}") {
        if let Ok(name) = raw.parse::<Name>() {
            prop_assert_eq!(name.as_str().parse::<Name>(), Ok(name.clone()));
        }
        if let Ok(note) = raw.parse::<Note>() {
            prop_assert_eq!(note.as_str().parse::<Note>(), Ok(note.clone()));
        }
    }

    #[test]
    fn folding_a_name_again_changes_nothing(raw in "\\PC{0,40}") {
        let folded = fold_name(&raw);
        prop_assert_eq!(fold_name(&folded), folded);
    }

    #[test]
    fn words_are_of_small_letters_and_digits_only(raw in any::<String>()) {
        let words = tokens(&raw);
        prop_assert!(words.iter().all(|word| !word.is_empty() && word.len() <= 64));
        prop_assert!(words.iter().flat_map(|word| word.bytes()).all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        prop_assert!(words.iter().collect::<std::collections::HashSet<_>>().len() == words.len());
    }

    #[test]
    fn every_name_has_a_valid_slug_with_and_without_a_suffix(raw in prop_oneof![
        "\\PC{1,120}", "[a-zA-Z0-9 -]{1,150}", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ], n in any::<u32>()) {
        if let Ok(name) = raw.parse::<Name>() {
            let slug = Slug::from_name(&name);
            prop_assert_eq!(slug.as_str().parse::<Slug>(), Ok(slug.clone()));
            let suffixed = slug.with_suffix(n);
            prop_assert_eq!(suffixed.as_str().parse::<Slug>(), Ok(suffixed.clone()));
            let suffix = format!("-{n}");
            prop_assert!(suffixed.as_str().ends_with(&suffix));
        }
    }
}
