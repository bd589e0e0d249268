//! What a report on contracts is about, and the links that list the records behind its figures.

use document::value::{Day, DepartmentKey, MutualKey, Sector, texts, words};
use serde::Deserialize;
use store::statistics::{AsAtDay, ContractsOf};
use utoipa::IntoParams;

use crate::app::App;
use crate::response::problem::Problem;

/// Where the report on the cliff edge is.
pub const CLIFF_EDGE: &str = "/v1/reports/cliff-edge";
/// Where the report on competitions is.
pub const COMPETITIONS: &str = "/v1/reports/competitions";

/// Which contracts a report is about, as at which day.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ReportSubject {
    /// The day of the report: what was true then, as far as the register knows now. The default is today (UTC).
    pub as_at: Option<Day>,
    /// Only contracts that this department buys. The default is all.
    pub department: Vec<DepartmentKey>,
    /// Only contracts of this mutual.
    pub mutual: Vec<MutualKey>,
    /// Only contracts of mutuals in this sector.
    pub sector: Vec<Sector>,
}

impl ReportSubject {
    /// The day, and today.
    pub fn as_at(&self, app: &App) -> Result<AsAtDay, Problem> {
        let today = app.as_at(None)?;
        Ok(AsAtDay { day: self.as_at.map_or(today, |day| day.into_inner()), today })
    }

    /// The contracts.
    pub fn contracts(&self) -> ContractsOf {
        ContractsOf {
            departments: texts(self.department.clone()),
            mutuals: texts(self.mutual.clone()),
            sectors: words(self.sector.clone()),
        }
    }
}

/// Where the records behind the figures of a report are listed: by the report itself.
pub struct ReportLinks<'a> {
    app: &'a App,
    path: &'static str,
    /// What every link begins with.
    first: String,
    of: &'a ContractsOf,
}

impl<'a> ReportLinks<'a> {
    /// Of a report of a day. `own` are parameters of the report itself, each after an ampersand.
    pub fn new(app: &'a App, path: &'static str, as_at: AsAtDay, own: &str, of: &'a ContractsOf) -> Self {
        Self { app, path, first: format!("as_at={}{own}", as_at.day), of }
    }

    fn url(&self, without: &str, narrowed: &str) -> String {
        let mut url = format!("{}?{}", self.path, self.first);
        let mut add = |name: &str, values: Vec<String>| {
            for value in values.iter().filter(|_| name != without) {
                url.push_str(&format!("&{name}={value}"));
            }
        };
        add("department", self.of.departments.iter().map(ToString::to_string).collect());
        add("mutual", self.of.mutuals.iter().map(ToString::to_string).collect());
        add("sector", self.of.sectors.iter().map(ToString::to_string).collect());
        if !narrowed.is_empty() {
            url.push('&');
            url.push_str(narrowed);
        }
        self.app.url(&url)
    }

    /// The records of the report that meet a condition.
    pub fn narrowed(&self, narrowed: &str) -> String {
        self.url("", narrowed)
    }

    /// Those of one sector, which is among those of the report.
    pub fn of_sector(&self, sector: domain::Sector, narrowed: &str) -> String {
        let joint = if narrowed.is_empty() { "" } else { "&" };
        self.url("sector", &format!("sector={sector}{joint}{narrowed}"))
    }

    /// Those of one department, which is among those of the report.
    pub fn of_department(&self, id: domain::DepartmentId) -> String {
        self.url("department", &format!("department={id}"))
    }
}
