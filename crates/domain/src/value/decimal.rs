//! Decimal text as whole numbers of its smallest unit: a binary fraction could not hold most of it.

/// The number in units of its last place, of which it has at most `places`: `91.5` with two is 9,150. None if
/// it is not written in plain digits without needless zeros before the point; [`u64::MAX`] if it is beyond
/// that.
pub(crate) fn scaled(raw: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = match raw.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (raw, ""),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let padded_with_zeros = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || padded_with_zeros || !all_digits(whole) || !all_digits(fraction) || fraction.len() > places {
        return None;
    }
    Some(format!("{whole}{fraction:0<places$}").parse().unwrap_or(u64::MAX))
}
