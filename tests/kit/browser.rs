//! A browser that uses the pages of a service.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a script of `tests/browser` tells.
pub fn in_browser(script: &str, arguments: &[&str]) -> Value {
    let build = std::env::current_exe().unwrap();
    let folder = build.ancestors().nth(3).unwrap().join("browser");
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/run");
    let ended = Command::new(run).arg(folder).arg(script).args(arguments).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&ended.stdout).unwrap()
}
