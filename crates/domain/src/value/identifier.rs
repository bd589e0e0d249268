//! Numbers that other registers gave to an organisation.

use std::fmt;
use std::str::FromStr;

use crate::fault::{FaultCode, Invalid, quoted};
use crate::value::text::visible;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Register that an organisation's number comes from, by its code on org-id.guide. `GB-PPON` is Find a
    /// Tender's own code.
    pub enum Scheme {
        /// Companies House: companies, community interest companies and partnerships of the United Kingdom.
        GbCoh = "GB-COH" or "COH" or "Companies House" or "company number" or "company registration number"
            or "CRN",
        /// Mutuals Public Register of the Financial Conduct Authority: co-operative and community benefit
        /// societies.
        GbMpr = "GB-MPR" or "MPR" or "FCA" or "Mutuals Public Register" or "mutuals register"
            or "Financial Conduct Authority" or "society number",
        /// Charity Commission for England and Wales.
        GbChc = "GB-CHC" or "CHC" or "Charity Commission" or "Charity Commission for England and Wales"
            or "CCEW" or "charity" or "charity number" or "registered charity number",
        /// Office of the Scottish Charity Regulator.
        GbSc = "GB-SC" or "OSCR" or "Scottish Charity Regulator" or "Office of the Scottish Charity Regulator"
            or "charity" or "charity number" or "registered charity number",
        /// Charity Commission for Northern Ireland.
        GbNic = "GB-NIC" or "NIC" or "CCNI" or "Charity Commission for Northern Ireland" or "charity"
            or "charity number" or "registered charity number",
        /// Organisation Data Service of the National Health Service (ODS code).
        GbNhs = "GB-NHS" or "NHS" or "ODS" or "ODS code" or "Organisation Data Service",
        /// Register of local authorities in England, such as GLS.
        GbLae = "GB-LAE" or "LAE" or "local authority" or "local authorities in England"
            or "local authority England",
        /// Register of government organisations, such as D2.
        GbGor = "GB-GOR" or "GOR" or "government organisation" or "register of government organisations",
        /// Organisations on GOV.UK, by the name in their address, such as cabinet-office.
        GbGovuk = "GB-GOVUK" or "GOV.UK" or "GOVUK",
        /// UK Register of Learning Providers.
        GbUkprn = "GB-UKPRN" or "UKPRN" or "UK provider reference number" or "UKRLP"
            or "UK Register of Learning Providers",
        /// Public procurement organisation number of the central digital platform (Find a Tender).
        GbPpon = "GB-PPON" or "PPON" or "Find a Tender" or "FTS" or "central digital platform"
            or "public procurement organisation number",
    }
}

/// A number in another register, written `GB-COH:09506232`; the same number has one form, however it was
/// given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    scheme: Scheme,
    id: String,
}

impl Identifier {
    /// The most characters that an id may be given with.
    pub const MAX_CHARS: usize = 100;

    /// The number in its scheme's own form.
    ///
    /// White space around it and letter case do not count. `GB-COH` is filled up with zeros to eight
    /// characters, `GB-SC` has its `SC` and six digits, `GB-NIC` its six digits alone. Other numbers have no leading zeros.
    /// `GB-MPR` has the number with its suffix alone: the prefixes are those of Companies House.
    ///
    /// # Errors
    /// [`FaultCode::InvalidFormat`] if the scheme has no such number, [`FaultCode::Misfiled`] if another
    /// scheme has it.
    pub fn new(scheme: Scheme, id: &str) -> Result<Self, Invalid> {
        let visible = visible(id);
        let given = visible.trim();
        if given.is_empty() {
            return Err(Invalid::new(FaultCode::Empty, format!("the id is empty: expected {}", expected(scheme))));
        }
        if given.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(Invalid::new(FaultCode::TooLong, format!("more than {} characters", Self::MAX_CHARS)));
        }
        let upper = given.to_ascii_uppercase();
        if scheme == Scheme::GbCoh && is_society_number(&upper) {
            let detail =
                format!("{} is the number of a registered society: file it under {}", quoted(given), Scheme::GbMpr);
            return Err(Invalid::new(FaultCode::Misfiled, detail));
        }
        normal_form(scheme, &upper).map(|id| Self { scheme, id }).ok_or_else(|| {
            let detail = format!("{} is not a {scheme} number: expected {}", quoted(given), expected(scheme));
            Invalid::new(FaultCode::InvalidFormat, detail)
        })
    }

    /// The register that the number comes from.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The number in its scheme's own form.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// All that it may be searched for by: as it is written, its digits alone, and for a society the number by which
    /// Companies House lists it.
    pub fn searched(&self) -> String {
        let mut searched = self.to_string();
        let digits: String = self.id.chars().filter(char::is_ascii_digit).collect();
        if digits.len() > 3 && digits.len() < self.id.len() && !self.id.contains('-') {
            searched.push(' ');
            searched.push_str(&digits);
        }
        if self.scheme == Scheme::GbMpr {
            let prefix = match self.id.trim_start_matches(|c: char| c.is_ascii_digit()) {
                "" => " RS",
                "R" => " IP",
                "RS" => " SP",
                _ => return searched,
            };
            searched.push_str(prefix);
            searched.push_str(&self.id);
        }
        searched
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, self.id)
    }
}

impl FromStr for Identifier {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let (scheme, id) = parted(raw).ok_or_else(|| {
            let detail = format!(
                "{} is not an identifier: expected a scheme, `:` and an id, such as GB-COH:09506232",
                quoted(raw)
            );
            Invalid::new(FaultCode::InvalidFormat, detail)
        })?;
        Self::new(scheme.to_ascii_uppercase().parse()?, id)
    }
}

/// The scheme and the id, which a colon parts, or a hyphen as on org-id.guide: `GB-COH-09506232`.
fn parted(raw: &str) -> Option<(&str, &str)> {
    let by_hyphen = || {
        Scheme::ALL.iter().find_map(|scheme| {
            let (prefix, id) = raw.split_at_checked(scheme.as_str().len())?;
            Some((prefix, id.strip_prefix('-')?)).filter(|_| prefix.eq_ignore_ascii_case(scheme.as_str()))
        })
    };
    raw.split_once(':').or_else(by_hyphen)
}

/// How the scheme writes its numbers, for people.
const fn expected(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::GbCoh => "up to eight digits, or two letters and up to six digits, such as 09506232 or SC123456",
        Scheme::GbMpr => "up to six digits and the letters behind them, such as 30526R, 2412RS or 1234WMC",
        Scheme::GbChc => {
            "six or seven digits, with the number of a linked charity after `-`, such as 1156305 or 200051-2"
        }
        Scheme::GbSc => "SC and six digits, such as SC012345",
        Scheme::GbNic => "six digits, such as 100012",
        Scheme::GbNhs => "an ODS code of three to eight letters and digits, such as RYJ",
        Scheme::GbLae => "three capital letters, such as GLS",
        Scheme::GbGor => "one to three letters and up to six digits, such as D2 or OT1021",
        Scheme::GbGovuk => "words of letters and digits joined by `-`, such as cabinet-office",
        Scheme::GbUkprn => "eight digits, the first of them 1, such as 10007773",
        Scheme::GbPpon => "four letters, four digits and four letters joined by `-`, such as PABC-1234-WXYZ",
    }
}

/// The one form of a number that is given in capital letters; none if the scheme has no such number.
fn normal_form(scheme: Scheme, upper: &str) -> Option<String> {
    let kept = |right: bool| right.then(|| upper.to_owned());
    match scheme {
        Scheme::GbCoh => company_number(upper),
        Scheme::GbMpr => society_number(upper),
        Scheme::GbChc => charity_number(upper),
        Scheme::GbSc => {
            // Many charities write the first zero as the letter O.
            let digits = upper.strip_prefix("SC").unwrap_or(upper);
            let digits = digits.strip_prefix('O').unwrap_or(digits);
            padded(digits, 6).map(|digits| format!("SC{digits}"))
        }
        Scheme::GbNic => {
            Some(upper.strip_prefix("NIC").unwrap_or(upper)).filter(|id| is_digits(id, 6, 6)).map(str::to_owned)
        }
        Scheme::GbNhs => kept((3..=8).contains(&upper.len()) && upper.bytes().all(|b| b.is_ascii_alphanumeric())),
        Scheme::GbLae => kept(is_letters(upper, 3, 3)),
        Scheme::GbGor => {
            let (letters, digits) = after_letters(upper);
            let is_right = is_letters(letters, 1, 3) && is_digits(digits, 1, 6);
            is_right.then(|| format!("{letters}{}", without_zeros(digits)))
        }
        Scheme::GbGovuk => {
            let words = || upper.split('-');
            let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
            words().all(is_word).then(|| upper.to_ascii_lowercase())
        }
        Scheme::GbUkprn => kept(is_digits(upper, 8, 8) && upper.starts_with('1')),
        Scheme::GbPpon => {
            let parts: Vec<&str> = upper.split('-').collect();
            kept(
                matches!(parts.as_slice(), [a, b, c] if is_letters(a, 4, 4) && is_digits(b, 4, 4) && is_letters(c, 4, 4)),
            )
        }
    }
}

/// Industrial and provident societies (IP, in Scotland SP, in Northern Ireland NO and NP) and registered societies (RS)
/// have no company number: Companies House lists them under such numbers only to point at the Mutuals Public Register.
fn is_society_number(upper: &str) -> bool {
    ["IP", "RS", "SP", "NP", "NO"]
        .iter()
        .any(|prefix| upper.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
}

/// Eight characters: digits, or two letters (`R` alone in old numbers of Northern Ireland) and digits.
fn company_number(upper: &str) -> Option<String> {
    let (letters, digits) = after_letters(upper);
    let right =
        is_letters(letters, 0, 2) && (letters.len() != 1 || letters == "R") && digits.bytes().any(|b| b != b'0');
    if right {
        padded(digits, 8_usize.checked_sub(letters.len())?).map(|digits| format!("{letters}{digits}"))
    } else {
        None
    }
}

/// A charity's number, with the number of a charity linked to it; 0 is the charity itself.
fn charity_number(upper: &str) -> Option<String> {
    let (charity, linked) = upper.split_once(['-', '/']).unwrap_or((upper, "0"));
    if !is_digits(charity, 6, 7) || !is_digits(linked, 1, 3) {
        return None;
    }
    let charity = charity.strip_prefix('0').filter(|rest| rest.len() == 6).unwrap_or(charity);
    match linked.trim_start_matches('0') {
        "" => Some(charity.to_owned()),
        linked => Some(format!("{charity}-{linked}")),
    }
}

/// A society's number on the Mutuals Public Register: digits without leading zeros and the suffix that says under which
/// act it is registered (up to four letters; none for societies registered since 2014).
///
/// Companies House lists the same societies under numbers of eight characters, with `IP` before a number with the suffix
/// `R`, `SP` before one with `RS` (written `R(S)` too), and `RS` before one without a suffix.
fn society_number(upper: &str) -> Option<String> {
    let (upper, scottish) = upper.strip_suffix("(S)").map_or((upper, ""), |rest| (rest, "S"));
    let (prefix, rest) = after_letters(upper);
    let number = rest.trim_end_matches(|c: char| c.is_ascii_uppercase() || c == ' ');
    let suffix = format!("{}{scottish}", rest.get(number.len()..)?.trim());
    if !is_letters(prefix, 0, 2) || !is_digits(number, 1, 6) || !is_letters(&suffix, 0, 4) {
        return None;
    }
    let (prefix, suffix) = match (prefix, suffix.as_str()) {
        ("IP", "") => ("", "R"),
        ("SP", "" | "R") => ("", "RS"),
        ("IP" | "SP" | "RS", suffix) => ("", suffix),
        other => other,
    };
    Some(format!("{prefix}{}{suffix}", without_zeros(number)))
}

fn without_zeros(digits: &str) -> &str {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() { "0" } else { significant }
}

/// The letters that the text begins with, and what follows them.
fn after_letters(upper: &str) -> (&str, &str) {
    upper.split_at(upper.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(upper.len()))
}

/// One to `width` digits with zeros before them up to that width.
fn padded(digits: &str, width: usize) -> Option<String> {
    is_digits(digits, 1, width).then(|| format!("{digits:0>width$}"))
}

fn is_digits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_letters(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}
