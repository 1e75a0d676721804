//! `cep test`: the `test` blocks of programs, and the stored snapshots of what they give.

mod actual;
mod compare;
mod diff;
mod given;
mod play;
mod review;
mod rows;
mod snapshot;
mod table;

use super::program::{self, Program, all_programs};
use super::run::set_params;
use super::{Exit, Failure, print};
use cep_core::plan::Plan;
use clap::Args;
use compare::{Verdict, judge};
use play::{Played, play};
use review::{Decision, Mode, Wish};
use rule_lang::TestCase;
pub(super) use snapshot::folder::derived;
use snapshot::store::Place;
use snapshot::title;
use std::path::{Path, PathBuf};

/// Run the tests that stand in rules, and compare what events beside them give with what is stored.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep test rules/harvest                    every test of a program
  cep test rules                            of every program below the folder
  cep test rules --filter slow              those whose folder or title holds a text
  cep test rules/harvest --review           show each snapshot that changed, and ask
  cep test rules/harvest --accept           take all of them

A folder with `STREAM.jsonl` or `events.jsonl` beside its rules has a snapshot, `derived.snap`: all
that the rules give from these events. Where it differs, `derived.snap.new` has what came. With the
variable CI set nothing is written.

Exit codes: 0 all hold, 1 one does not or the rules are wrong, 2 usage, 3 a file cannot be read.")]
pub(super) struct TestArgs {
    /// Folders or files of rules.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only tests whose folder or title holds this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Give a param another value, as `floor=120`. What a test sets itself counts for it. Nothing is
    /// written then.
    #[arg(long, value_name = "PARAM=VALUE")]
    set: Vec<String>,
    /// Take every snapshot as it came.
    #[arg(long, conflicts_with_all = ["review", "set"])]
    accept: bool,
    /// Ask about every snapshot that is not as stored.
    #[arg(long, conflicts_with = "set")]
    review: bool,
}

/// What has been counted so far.
#[derive(Debug, Default)]
struct Tally {
    held: usize,
    failed: usize,
    accepted: usize,
    /// Snapshots that are not as stored; they are counted as failed too.
    open: usize,
    /// Programs that could not be tested.
    broken: usize,
    /// The worst that happened.
    exit: Option<Exit>,
}

pub(super) fn run(args: &TestArgs) -> Result<Exit, Failure> {
    let wish = match (args.accept, args.review) {
        (true, _) => Some(Wish::Accept),
        (_, true) => Some(Wish::Review),
        _ => None,
    };
    let mode = if args.set.is_empty() { Mode::of(wish)? } else { Mode::Trial };
    let mut tally = Tally::default();
    for path in all_programs(&args.paths)? {
        let tests = Tests { path: &path, mode, filter: args.filter.as_deref(), set: &args.set };
        tests.run(&mut tally)?;
    }
    if let Some(filter) = &args.filter
        && tally.counted() == 0
        && tally.broken == 0
    {
        let message = format!("the name of no test and of no folder holds `{filter}`");
        return Err(Failure::usage(message));
    }
    print(&tally.summary())?;
    tally.say_what_is_open(mode);
    Ok(tally.exit.unwrap_or(Exit::Fine))
}

impl Tally {
    fn counted(&self) -> usize {
        self.held + self.failed + self.accepted
    }

    fn summary(&self) -> String {
        let accepted = match self.accepted {
            0 => String::new(),
            count => format!(", {count} accepted"),
        };
        format!("\n{} passed, {} failed{accepted}\n", self.held, self.failed)
    }

    fn worse(&mut self, exit: Exit) {
        let known = self.exit.map_or(0, |known| known as u8);
        self.exit = if exit as u8 > known { Some(exit) } else { self.exit };
    }

    fn snapshot(&mut self, decision: Decision) {
        match decision {
            Decision::Holds => self.held += 1,
            Decision::Accepted => self.accepted += 1,
            Decision::Open => {
                self.open += 1;
                self.failed += 1;
                self.worse(Exit::Wrong);
            }
        }
    }

    /// A test that could not be carried out.
    fn failure(&mut self, label: &str, failure: Failure) -> Result<(), Failure> {
        let help = failure.help.map(|help| format!("  help: {help}\n")).unwrap_or_default();
        self.failed += 1;
        self.worse(failure.exit);
        print(&format!("{label} … FAILED\n  {}\n{help}", failure.message))
    }

    fn say_what_is_open(&self, mode: Mode) {
        let (count, plural) = (self.open, if self.open == 1 { "" } else { "s" });
        match mode {
            _ if count == 0 => {}
            Mode::Wait => tracing::error!(
                "{count} snapshot{plural} not as stored: `--review` asks one by one, `--accept` \
                 takes what came"
            ),
            Mode::Ci => tracing::error!(
                "{count} snapshot{plural} not as stored; in CI nothing is written: accept where \
                 the difference can be looked at, and commit the `.snap` files"
            ),
            Mode::Trial => tracing::error!(
                "{count} snapshot{plural} not as stored, with the params of `--set`"
            ),
            Mode::Accept | Mode::Review => tracing::error!("{count} snapshot{plural} not accepted"),
        }
    }
}

/// The tests of one program.
struct Tests<'a> {
    path: &'a Path,
    mode: Mode,
    filter: Option<&'a str>,
    set: &'a [String],
}

impl Tests<'_> {
    fn run(&self, tally: &mut Tally) -> Result<(), Failure> {
        let mut program = program::load(self.path)?;
        if let Some(plan) = &mut program.compiled.plan {
            set_params(plan, self.set)?;
        }
        let Some(plan) = program.compiled.plan.as_ref() else {
            program::show(&program.compiled);
            tracing::error!("{}", program::summary(&program.compiled, self.path));
            tally.broken += 1;
            tally.worse(Exit::Wrong);
            return Ok(());
        };
        self.blocks(&program, plan, tally)?;
        // One file is a part of a program, and what is beside it may be of another.
        if !self.path.is_dir() {
            return Ok(());
        }
        self.folder(plan, tally)?;
        self.say_what_is_left_over(&program, plan);
        Ok(())
    }

    /// Snapshots of tests and events that are gone would look as if they still held.
    fn say_what_is_left_over(&self, program: &Program, plan: &Plan) {
        let of = |test: &TestCase| {
            title::events(test).map(|event| title::name(&test.title, event)).collect::<Vec<_>>()
        };
        let mut names: Vec<String> = program.compiled.tests.iter().flat_map(of).collect();
        if !snapshot::folder::events_beside(plan, self.path).is_empty() {
            names.push(snapshot::DERIVED.to_owned());
        }
        for path in snapshot::store::left_over(self.path, &names) {
            let path = path.display();
            tracing::warn!("`{path}` is the snapshot of nothing that is tested here; remove it");
        }
    }

    /// The name of a test, if it is one that was asked for.
    fn label(&self, title: &str) -> Option<String> {
        let label = format!("{}: {title}", self.path.display());
        self.filter.is_none_or(|text| label.contains(text)).then_some(label)
    }

    fn blocks(&self, program: &Program, plan: &Plan, tally: &mut Tally) -> Result<(), Failure> {
        for test in &program.compiled.tests {
            let Some(label) = self.label(&test.title) else { continue };
            let played = match play(plan, test, &program.folder) {
                Ok(played) => played,
                Err(failure) => {
                    tally.failure(&label, failure)?;
                    continue;
                }
            };
            match judge(plan, &program.compiled, test, &played) {
                // A test of snapshots only has their lines.
                Verdict::Holds if is_of_snapshots_only(test) => {}
                Verdict::Holds => {
                    print(&format!("{label} … ok\n"))?;
                    tally.held += 1;
                }
                Verdict::Fails(details) => {
                    print(&format!("{label} … FAILED\n{details}"))?;
                    tally.failed += 1;
                    tally.worse(Exit::Wrong);
                }
            }
            self.snapshots(program, test, &played, &label, tally)?;
        }
        Ok(())
    }

    /// What a test expects to match its snapshots.
    fn snapshots(
        &self,
        program: &Program,
        test: &TestCase,
        played: &Played,
        label: &str,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        for event in title::events(test) {
            let label = format!("{label}: {event} matches snapshot");
            let name = title::name(&test.title, event);
            let others = namesakes(&program.compiled.tests, &name);
            if others.len() > 1 {
                let message =
                    format!("`{name}.snap` would be the snapshot of {}", others.join(", "));
                let failure = Failure::new(Exit::Wrong, message);
                let help = "give each test a title of its own, and expect an event's snapshot once";
                tally.failure(&label, failure.with_help(help))?;
                continue;
            }
            let description = format!("{event} in the test \"{}\"", test.title);
            let place = Place::new(&program.folder, &name, description);
            match self.mode.settle(&place, &label, &title::text(played, event)) {
                Ok(decision) => tally.snapshot(decision),
                Err(failure) => tally.failure(&label, failure)?,
            }
        }
        Ok(())
    }

    /// What the folder's events give, against what is stored.
    fn folder(&self, plan: &Plan, tally: &mut Tally) -> Result<(), Failure> {
        let files = snapshot::folder::events_beside(plan, self.path);
        let names = files.iter().filter_map(|file| file.file_name());
        let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let title = format!("derived from {}", names.join(" and "));
        let Some(label) = self.label(&title) else { return Ok(()) };
        let place = Place::new(self.path, snapshot::DERIVED, title);
        let settled = snapshot::folder::derived(plan, self.path).and_then(|text| {
            let decision = self.mode.settle(&place, &label, &text)?;
            if decision != Decision::Holds {
                say_bad_records(&text, &place);
            }
            Ok(decision)
        });
        match settled {
            Ok(decision) => tally.snapshot(decision),
            Err(failure) => tally.failure(&label, failure)?,
        }
        Ok(())
    }
}

fn is_of_snapshots_only(test: &TestCase) -> bool {
    let count = title::events(test).count();
    count > 0 && count == test.expectations.len()
}

/// The tests whose snapshots would have this name, and be one file where case does not count.
fn namesakes(tests: &[TestCase], name: &str) -> Vec<String> {
    let is_same = |other: &str| other.to_lowercase() == name.to_lowercase();
    let of = |test: &TestCase| {
        let same = title::events(test).filter(|event| is_same(&title::name(&test.title, event)));
        same.map(|event| format!("{event} in \"{}\"", test.title)).collect::<Vec<_>>()
    };
    tests.iter().flat_map(of).collect()
}

/// A bad record may be there to be tested, or be a slip; it should not be accepted unseen.
fn say_bad_records(text: &str, place: &Place) {
    let mut bad = text.lines().filter(|line| line.starts_with("bad record "));
    if let Some(first) = bad.next() {
        let more = match bad.count() {
            0 => String::new(),
            count => format!(", and {count} more"),
        };
        tracing::warn!("{} has a {first}{more}", place.path().display());
    }
}

#[cfg(test)]
mod tests;
