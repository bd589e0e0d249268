//! Somebody who keeps a copy of the register by its feed, as the guide tells them to.

use std::collections::BTreeMap;

use kit::TestApp;
use kit::fixture::{MUTUALS, STAFF_BALLOTS};
use serde_json::Value;

use super::model::without_name;

/// A follower, and what they have.
#[derive(Debug, Default)]
pub struct Follower {
    after: i64,
    epoch: Option<String>,
    records: BTreeMap<String, Value>,
    /// Which record each entry was about that they took.
    taken: BTreeMap<i64, String>,
}

impl Follower {
    /// The records by their paths.
    pub fn records(&self) -> BTreeMap<String, Value> {
        self.records.clone()
    }

    /// Reads so many pages, or as many as there are.
    pub async fn read(&mut self, app: &TestApp, pages: usize, limit: usize) {
        for _ in 0..pages {
            let epoch = self.epoch.as_ref().map(|epoch| format!("&epoch={epoch}")).unwrap_or_default();
            let page = app.get(format!("/v1/entries?after={}&limit={limit}{epoch}", self.after)).await;
            if page.status() == 410 {
                self.go_back(app, &page.expect_problem(410, "epoch-ended")).await;
                continue;
            }
            let page = page.expect(200);
            let entries = page["items"].as_array().unwrap();
            for entry in entries {
                self.take(entry);
            }
            self.after = page["next_after"].as_i64().unwrap();
            self.epoch = page["epoch"].as_str().map(str::to_owned);
            if entries.is_empty() {
                assert_eq!(page["next_after"], page["head"]);
                return;
            }
        }
    }

    fn take(&mut self, entry: &Value) {
        let seq = entry["seq"].as_i64().unwrap();
        assert_eq!(seq, self.taken.last_key_value().map_or(1, |(last, _)| last + 1), "an entry is missing");
        let list = match entry["resource_type"].as_str().unwrap() {
            "mutual" => MUTUALS,
            "staff_ballot" => STAFF_BALLOTS,
            other => other,
        };
        let path = format!("{list}/{}", entry["resource_id"].as_str().unwrap());
        self.taken.insert(seq, path.clone());
        if !path.starts_with('/') {
            return;
        }
        match entry.get("after") {
            Some(after) if !after.is_null() => self.records.insert(path, without_name(after)),
            _ => self.records.remove(&path),
        };
    }

    /// Takes back what the register no longer knows.
    async fn go_back(&mut self, app: &TestApp, problem: &Value) {
        let resume = problem["resume_after"].as_i64().unwrap();
        if resume == 0 {
            *self = Self::default();
        }
        for path in self.taken.split_off(&(resume + 1)).into_values().filter(|path| path.starts_with('/')) {
            let now = app.get(&path).await;
            match now.status() {
                200 => self.records.insert(path, without_name(&now.json())),
                404 | 410 => self.records.remove(&path),
                other => panic!("{path}: {other}"),
            };
        }
        self.after = resume;
        self.epoch = problem["epoch"].as_str().map(str::to_owned);
    }
}
