//! From a case's rules to a plan.

use cep_core::plan::Plan;
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Source, compile as compile_sources};

/// The plan of a program; warnings are no matter here.
///
/// # Errors
/// What is wrong with it, as its writer would see it.
pub fn compile(rules: &str) -> Result<Plan, String> {
    let compiled = compile_sources(&[Source::new("case.rules", rules)]);
    let problems = || render_all(&compiled.diagnostics, &compiled.sources, Colour::Never);
    compiled.plan.clone().ok_or_else(problems)
}
