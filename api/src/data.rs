//! The data files: those of the program, or an operator's in their place.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use document::value::HexHash;
use domain::{Data, DataFile, FileFault};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// The largest data file, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Why the data files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("cannot read the data file {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot use the data file {name}: {fault}")]
    Fault { name: String, fault: FileFault },
    #[error("cannot use the data files in {}: none of these is there: {}", folder.display(), names())]
    None { folder: PathBuf },
}

/// The data files in use, each with its digest.
#[derive(Clone, Debug)]
pub struct DataInUse {
    data: Data,
    files: Vec<FileInUse>,
}

/// A data file in use.
#[derive(Clone, Debug)]
pub struct FileInUse {
    pub file: DataFile,
    pub sha256: HexHash,
    /// Whether it is the operator's.
    pub is_replaced: bool,
}

/// A data file, and its version.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "bank_holidays_uk.csv",
    "sha256": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "replaced": false
}))]
pub struct DataFileVersion {
    /// Its name in the folder of data files.
    #[schema(value_type = String, max_length = 100)]
    name: &'static str,
    sha256: HexHash,
    /// Whether the operator has replaced the file that comes with the program.
    replaced: bool,
}

impl DataFileVersion {
    /// The version of a file in use.
    pub fn of(used: &FileInUse) -> Self {
        Self { name: used.file.name(), sha256: used.sha256.clone(), replaced: used.is_replaced }
    }
}

impl DataInUse {
    /// The files of a folder, and those of the program where the folder has none.
    ///
    /// # Errors
    /// [`DataError`] naming the file, and the line if it can be read.
    pub fn open(folder: Option<&Path>) -> Result<Self, DataError> {
        let mut texts = Vec::new();
        for file in DataFile::ALL {
            let own = folder.map(|folder| read(&folder.join(file.name()))).transpose()?.flatten();
            let is_replaced = own.is_some();
            let text = own.map_or(Cow::Borrowed(embedded(file)), Cow::Owned);
            texts.push((FileInUse { file, sha256: digest(&text), is_replaced }, text));
        }
        if let Some(folder) = folder.filter(|_| texts.iter().all(|(file, _)| !file.is_replaced)) {
            return Err(DataError::None { folder: folder.to_owned() });
        }
        let text_of = |wanted: DataFile| {
            let found = texts.iter().find(|(file, _)| file.file == wanted);
            found.map_or("", |(_, text)| text.as_ref())
        };
        let data = Data::read(text_of).map_err(|(file, fault)| {
            let own = folder.filter(|_| texts.iter().any(|(used, _)| used.file == file && used.is_replaced));
            let name = own.map_or_else(|| file.name().to_owned(), |own| own.join(file.name()).display().to_string());
            DataError::Fault { name, fault }
        })?;
        Ok(Self { data, files: texts.into_iter().map(|(file, _)| file).collect() })
    }

    /// What the files say.
    pub const fn data(&self) -> &Data {
        &self.data
    }

    /// The files.
    pub fn files(&self) -> &[FileInUse] {
        &self.files
    }

    /// The version of a file.
    pub fn version_of(&self, file: DataFile) -> Option<DataFileVersion> {
        self.files.iter().find(|used| used.file == file).map(DataFileVersion::of)
    }
}

/// The file that comes with the program.
const fn embedded(file: DataFile) -> &'static str {
    match file {
        DataFile::BankHolidays => include_str!("../../data/bank_holidays_uk.csv"),
        DataFile::Schedule1 => include_str!("../../data/pr2024_schedule1.csv"),
        DataFile::Reg77List => include_str!("../../data/reg77_cpv.txt"),
        DataFile::Thresholds => include_str!("../../data/thresholds.csv"),
        DataFile::PublishedFigures => include_str!("../../data/published_figures.csv"),
    }
}

/// The text of a file; none where there is no such file.
fn read(path: &Path) -> Result<Option<String>, DataError> {
    let unreadable = |source| DataError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(unreadable(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {LARGEST} bytes"),
        )));
    }
    let at = |error: std::string::FromUtf8Error| {
        let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = valid.filter(|byte| **byte == b'\n').count().saturating_add(1);
        DataError::Fault {
            name: path.display().to_string(),
            fault: FileFault { line, detail: "it is not UTF-8".to_owned() },
        }
    };
    String::from_utf8(bytes).map(Some).map_err(at)
}

fn digest(text: &str) -> HexHash {
    HexHash::from(Sha256::digest(text).as_slice())
}

fn names() -> String {
    DataFile::ALL.map(DataFile::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    fn refused(files: &[(&str, &[u8])]) -> String {
        DataInUse::open(Some(folder(files).path())).unwrap_err().to_string()
    }

    #[test]
    fn a_file_of_the_folder_takes_the_place_of_the_programs() {
        let own = DataInUse::open(None).unwrap();
        assert!(own.files().iter().all(|file| !file.is_replaced));
        let codes = folder(&[("reg77_cpv.txt", b"92500000-6\n")]);
        let replaced = DataInUse::open(Some(codes.path())).unwrap();
        for (own, used) in own.files().iter().zip(replaced.files()) {
            assert_eq!(
                (own.sha256 != used.sha256, used.is_replaced),
                (used.file == DataFile::Reg77List, used.file == DataFile::Reg77List)
            );
        }
        assert!(!replaced.data().law.reg_77.covers(&"85000000".parse().unwrap()));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_line() {
        let broken = refused(&[("bank_holidays_uk.csv", b"date,division,title,note\n2026-01-01,wales,x,\n")]);
        assert!(broken.contains("bank_holidays_uk.csv: line 2: \"wales\" is no division"), "{broken}");
        let bytes = refused(&[("reg77_cpv.txt", b"# c\n\xff\n")]);
        assert!(bytes.ends_with("reg77_cpv.txt: line 2: it is not UTF-8"), "{bytes}");
        let large = refused(&[("reg77_cpv.txt", &vec![b' '; 1024 * 1024 + 1])]);
        assert!(large.contains("more than 1048576 bytes"), "{large}");
        assert!(refused(&[("holidays.csv", b"")]).contains("none of these is there: bank_holidays_uk.csv, "));
    }
}
