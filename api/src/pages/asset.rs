//! What pages load: it is in the program.

use std::sync::LazyLock;

use actix_web::{HttpResponse, get};

use crate::request::conditional::IfChanged;
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::service::tagged::TaggedText;

static STYLE: LazyLock<TaggedText> = LazyLock::new(|| TaggedText::new(include_str!("style.css")));
static CHECK: LazyLock<TaggedText> = LazyLock::new(|| TaggedText::new(include_str!("check.js")));
static TRY: LazyLock<TaggedText> = LazyLock::new(|| TaggedText::new(include_str!("try.js")));
static VOTE: LazyLock<TaggedText> = LazyLock::new(|| TaggedText::new(include_str!("vote.js")));
static ICON: LazyLock<TaggedText> = LazyLock::new(|| TaggedText::new(include_str!("icon.svg")));

/// The media type of scripts.
const SCRIPT: &str = "text/javascript; charset=utf-8";

#[get("/pages/{file}")]
pub async fn load_asset(PathKey(file): PathKey<String>, conditions: IfChanged) -> Result<HttpResponse, Problem> {
    match file.as_str() {
        "style.css" => Ok(STYLE.answer(&conditions, "text/css; charset=utf-8")),
        "check.js" => Ok(CHECK.answer(&conditions, SCRIPT)),
        "try.js" => Ok(TRY.answer(&conditions, SCRIPT)),
        "vote.js" => Ok(VOTE.answer(&conditions, SCRIPT)),
        "icon.svg" => Ok(ICON.answer(&conditions, "image/svg+xml")),
        _ => Err(Problem::unknown_path(None)),
    }
}
