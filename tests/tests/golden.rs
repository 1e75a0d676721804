//! The golden cases: each is driven on six roads, and what the straight one gives is its snapshot,
//! which shows the case above its outputs.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use cep_tests::case::Case;
use cep_tests::{render, roads};
use std::path::Path;
use std::sync::Arc;

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

fn check(path: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    let case = Case::parse(&text).unwrap_or_else(|error| panic!("{path}, {error}"));
    let plan = case.plan().unwrap_or_else(|errors| panic!("{path}\n{errors}"));
    let script = case.script(&plan).unwrap_or_else(|error| panic!("{path}, {error}"));
    let plan = Arc::new(plan);
    let outputs = roads::drive_all(&plan, &script).unwrap_or_else(|detour| panic!("{detour}"));

    let shown = format!("{text}=>\n{}", render::outputs(&plan, &outputs, case.ids));
    let path = Path::new(path);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(path.file_stem().unwrap().to_str().unwrap(), shown));
}
