//! Random numbers of the operating system, for what nobody is to guess.

use crate::error::Error;

/// So many random bytes.
pub(crate) fn bytes<const COUNT: usize>() -> Result<[u8; COUNT], Error> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Internal(format!("cannot get random numbers from the system: {error}")))?;
    Ok(bytes)
}
