//! The data files: what is wrong with one is told with its line.

use domain::procurement::{BankHolidays, Reg77List, Schedule1, Thresholds};
use domain::{Data, DataFile, NationalFigures};

use crate::text;

#[test]
fn a_fault_names_its_line() {
    let holidays = |text: &str| BankHolidays::parse(text).unwrap_err().to_string();
    assert_eq!(holidays(""), "line 1: the file is empty: expected the columns date,division,title,note");
    assert_eq!(holidays("# c\n\nday,division\n"), "line 3: expected the columns date,division,title,note");
    let head = "date,division,title,note\n";
    assert!(holidays(&format!("{head}2020-02-30,scotland,x,\n")).starts_with("line 2: 2020-02-30 is not a day"));
    assert!(holidays(&format!("{head}2020-01-01,wales,x,\n")).contains("\"wales\" is no division"));
    assert!(holidays(&format!("{head}2020-01-01,scotland\n")).starts_with("line 2: 2 columns, expected 4"));
    assert_eq!(holidays(&format!("{head}2020-01-01,scotland,\"x,\n")), "line 2: a quotation mark is not closed");
    assert!(
        holidays(&format!("{head}2020-01-01,scotland,x,\n")).contains("no bank holidays of england-and-wales in 2020")
    );

    let schedule = |text: &str| Schedule1::parse(text).unwrap_err().to_string();
    let head = "code,check_digit,reservable,category\n";
    assert!(schedule(&format!("{head}85000000,8,R,x\n")).contains("line 2: 85000000-8 has a mistyped digit"));
    assert!(schedule(&format!("{head}85000000,9,yes,x\n")).contains("neither `R` nor empty"));
    assert!(
        schedule(&format!("{head}85000000,9,R,x\n85000000,9,,x\n"))
            .contains("line 3: 85000000-9 is in the table twice")
    );

    let list = |text: &str| Reg77List::parse(text).unwrap_err().to_string();
    assert!(list("# c\n8500000\n").starts_with("line 2: "));
    assert!(list("85323000-9..85000000-9\n").contains("ends before it begins"));

    let thresholds = |text: &str| Thresholds::parse(text).unwrap_err().to_string();
    let head = "threshold,from,amount_minor,source\n";
    assert!(thresholds(&format!("{head}pa_2023_light_touch,2025-02-24,1.5,x\n")).contains("not an amount in pence"));
    assert!(thresholds(&format!("{head}pa_2023_light_touch,2025-02-24,1,x\n")).contains("is missing"));
    assert!(thresholds(&format!("{head}pa,2025-02-24,1,x\n")).contains("\"pa\" is no threshold"));

    let published = |row: &str| {
        let head = "as_on,count,staff,turnover_gbp,scope,definition,standings,sectors,source,source_title,note";
        NationalFigures::parse(&format!("{head}\n{row}\n")).unwrap_err().to_string()
    };
    assert_eq!(published("2012,,,,x,x,operating,,,x,"), "line 2: count: a number is required");
    assert_eq!(published("2012,-1,,,x,x,operating,,,x,"), "line 2: count: expected 0 to 9007199254740991");
    assert!(published("2012-13,9,,,x,x,operating,,,x,").starts_with("line 2: as_on: "));
    assert!(published("2012,9,many,,x,x,operating,,,x,").contains("staff: \"many\" is not a whole number"));
    assert!(published("2012,9,,,x,x,,,,x,").contains("standings: expected one or several groups"));
    assert!(published("2012,9,,,x,x,live; pipeline,,,x,").starts_with("line 2: standings: "));
    assert!(published("2012,9,,,x,x,operating,NHS,,x,").starts_with("line 2: sectors: "));
    assert!(
        published("2012,9,,,x,x,operating,,https://a.example ; https://b.example,x,").contains("one title for each")
    );
    assert!(published("2012,9,,,x,x,operating,,ftp://a.example,x,").starts_with("line 2: source: "));
    assert!(published("2012,9,,,x,x,operating,,,,").contains("the source is empty"));
}

#[test]
fn the_file_with_the_fault_is_named() {
    assert!(Data::read(text).is_ok());
    for broken in DataFile::ALL {
        let (file, fault) = Data::read(|file| if file == broken { "nonsense" } else { text(file) }).unwrap_err();
        assert_eq!((file, fault.line), (broken, 1));
    }
}
