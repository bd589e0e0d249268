//! Generates the client from the contract.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::Value;

const CONTRACT: &str = "../../openapi-3.0.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CONTRACT}");
    let mut document: Value = yaml_serde::from_str(&as_progenitor_reads(&fs::read_to_string(CONTRACT)?))?;
    leave_out_files(&mut document);
    let mut settings = GenerationSettings::default();
    let mut generator = Generator::new(settings.with_interface(InterfaceStyle::Builder));
    let tokens = generator.generate_tokens(&serde_json::from_value(document)?)?;
    let code = prettyplease::unparse(&syn::parse2(tokens)?);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), code)?;
    Ok(())
}

/// progenitor knows JSON by one name. The service reads a merge patch by it too, and a problem is read by what it says.
fn as_progenitor_reads(contract: &str) -> String {
    ["application/merge-patch+json:", "application/problem+json:"]
        .iter()
        .fold(contract.to_owned(), |text, media| text.replace(media, "application/json:"))
}

/// progenitor sends no lines of JSON: an import is sent with a client of one's own, and followed with this one.
fn leave_out_files(document: &mut Value) {
    for path in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        let is_file = path.pointer("/post/requestBody/content/application~1x-ndjson").is_some();
        if let Some(operations) = path.as_object_mut().filter(|_| is_file) {
            operations.remove("post");
        }
    }
}
