//! `cep explain`: what the rules mean, how far back they look, what they share.

mod expression;
mod keeps;
mod mermaid;
mod text;

use super::{Exit, Failure, print, program};
use cep_core::operator::sharing;
use cep_core::plan::{Horizon, Plan, RuleId};
use clap::{Args, ValueEnum};
use rule_lang::OffRule;
use rule_lang::diagnostic::closest;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Show the plan of rules: what each reads, keeps and gives, and what they share.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep explain rules/harvest                       the whole program
  cep explain rules/harvest disaster              one rule
  cep explain rules/harvest --format mermaid      a drawing, for a page that draws Mermaid
  cep explain rules/harvest --format json         the plan itself, for programs")]
pub(super) struct ExplainArgs {
    /// A folder of rules, or one file.
    path: PathBuf,
    /// Only this rule.
    rule: Option<String>,
    /// How it is written.
    #[arg(long, default_value = "text")]
    format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    /// For people.
    Text,
    /// The plan as one JSON object.
    Json,
    /// A flow chart.
    Mermaid,
}

pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let (program, plan) = program::load_plan(&args.path)?;
    let shown = chosen(&plan, &program.compiled.off, args.rule.as_deref())?;
    let text = match args.format {
        ExplainFormat::Text => text::explain(&plan, &shown),
        ExplainFormat::Json => json(&plan, &shown)?,
        ExplainFormat::Mermaid => mermaid::draw(&plan, &shown),
    };
    print(&text)?;
    Ok(Exit::Fine)
}

fn chosen(plan: &Plan, off: &[OffRule], name: Option<&str>) -> Result<Vec<RuleId>, Failure> {
    let ids = (0..).map(RuleId).zip(&plan.rules);
    let shown: Vec<RuleId> = ids
        .filter(|(_, rule)| name.is_none_or(|name| name == rule.name))
        .map(|(id, _)| id)
        .collect();
    match name {
        Some(name) if off.iter().any(|rule| rule.name == name) => {
            let message = format!("the rule `{name}` is switched off, and no part of the plan");
            Err(Failure::usage(message).with_help("remove its `@off`"))
        }
        Some(name) if shown.is_empty() => {
            let failure = Failure::usage(format!("there is no rule `{name}`"));
            let names = plan.rules.iter().map(|rule| rule.name.as_str());
            Err(match closest(name, names) {
                Some(meant) => failure.with_help(format!("did you mean `{meant}`?")),
                None => failure.with_help(rules_there(plan)),
            })
        }
        _ => Ok(shown),
    }
}

/// Which rules a plan has.
fn rules_there(plan: &Plan) -> String {
    let names: Vec<String> = plan.rules.iter().map(|rule| format!("`{}`", rule.name)).collect();
    match names.get(..RULES_SHOWN) {
        _ if names.is_empty() => "there are no rules in it".to_owned(),
        Some(first) if first.len() < names.len() => format!("its rules are {} …", first.join(", ")),
        _ => format!("its rules are {}", names.join(", ")),
    }
}

/// How many rules are named where another one was meant.
const RULES_SHOWN: usize = 12;

/// Which rules share their windows.
struct Sharing<'a> {
    plan: &'a Plan,
    groups: Vec<Vec<RuleId>>,
    group_of: BTreeMap<RuleId, usize>,
}

impl<'a> Sharing<'a> {
    /// How many others of its group are named at a rule. A group may hold thousands.
    const NAMED: usize = 8;

    fn of(plan: &'a Plan) -> Self {
        let groups = sharing(plan);
        let members = |(index, group): (usize, &Vec<RuleId>)| {
            group.iter().map(|rule| (*rule, index)).collect::<Vec<_>>()
        };
        let group_of = groups.iter().enumerate().flat_map(members).collect();
        Self { plan, groups, group_of }
    }

    fn names(&self, group: &[RuleId]) -> Vec<&'a str> {
        let rules = group.iter().filter_map(|id| self.plan.rule(*id));
        rules.map(|rule| rule.name.as_str()).collect()
    }

    /// The first rules that share their windows with this one, and how many more do.
    fn others(&self, rule: RuleId) -> (Vec<&'a str>, usize) {
        let group = self.group_of.get(&rule).and_then(|index| self.groups.get(*index));
        let Some(group) = group else { return (Vec::new(), 0) };
        let others = group.iter().filter(|other| **other != rule).take(Self::NAMED);
        let named = self.names(&others.copied().collect::<Vec<_>>());
        let more = group.len() - 1 - named.len();
        (named, more)
    }
}

fn json(plan: &Plan, shown: &[RuleId]) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct Explained<'a> {
        plan: &'a Plan,
        hash: String,
        horizon: Horizon,
        rules: Vec<ExplainedRule<'a>>,
        /// The rules that share their windows, group by group.
        sharing: Vec<Vec<&'a str>>,
    }
    #[derive(Serialize)]
    struct ExplainedRule<'a> {
        name: &'a str,
        horizon: Horizon,
        keeps: Vec<keeps::Kept>,
    }
    let (sharing, horizons) = (Sharing::of(plan), Horizon::of_rules(plan));
    let rules = shown.iter().filter_map(|id| {
        let rule = plan.rule(*id)?;
        let horizon = horizons.get(id.0 as usize)?.clone();
        let keeps = keeps::kept(&expression::Names { plan, rule });
        Some(ExplainedRule { name: &rule.name, horizon, keeps })
    });
    let explained = Explained {
        plan,
        hash: plan.hash().iter().map(|byte| format!("{byte:02x}")).collect(),
        horizon: Horizon::of_plan(plan),
        rules: rules.collect(),
        sharing: sharing.groups.iter().map(|group| sharing.names(group)).collect(),
    };
    serde_json::to_string_pretty(&explained)
        .map(|text| text + "\n")
        .map_err(|error| Failure::new(Exit::Outside, error.to_string()))
}

#[cfg(test)]
mod tests;
