//! Reading a program: every `*.rules` file of a folder, or one file.

use super::{Exit, Failure, Look, stderr_look};
use crate::connector::ConnectorError;
use cep_core::plan::Plan;
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::source::MAX_FILE_BYTES;
use rule_lang::{Compiled, Diagnostic, Source, SourceMap, compile};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A program and where it lives.
pub(super) struct Program {
    /// The folder of its files; events beside the rules are looked for here.
    pub folder: PathBuf,
    pub compiled: Compiled,
}

/// What standard input is called.
pub(super) const STDIN: &str = "standard input";

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// All of standard input, or one byte more than is read of a file, so that what is too large is seen
/// to be.
pub(super) fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| ConnectorError::io("cannot read standard input", &error))?;
    Ok(bytes)
}

/// Reads the program at `path`: a folder, a file, or `-`, standard input.
pub(super) fn load(path: &Path) -> Result<Program, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::from(ConnectorError::io(format!("cannot read `{}`", path.display()), error))
    };
    if is_stdin(path) {
        let compiled = compile(&[Source::new(STDIN, standard_input()?)]);
        return Ok(Program { folder: PathBuf::new(), compiled });
    }
    let metadata = std::fs::metadata(path).map_err(|error| failed(&error))?;
    if !metadata.is_dir() {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        return Ok(Program { folder, compiled: compile(&[source(path)?]) });
    }
    let files = rules_in(path).map_err(|error| failed(&error))?;
    if files.is_empty() {
        let message = format!("there is no `*.rules` file in `{}`", path.display());
        return Err(Failure::new(Exit::Outside, message));
    }
    let sources = files.iter().map(|file| source(file)).collect::<Result<Vec<_>, _>>()?;
    Ok(Program { folder: path.to_owned(), compiled: compile(&sources) })
}

/// The same for a verb that needs a plan: errors are shown, and end the verb; of warnings it is
/// said that there are some.
pub(super) fn load_plan(path: &Path) -> Result<(Program, Plan), Failure> {
    let mut program = load(path)?;
    match program.compiled.plan.take() {
        Some(plan) => {
            if !program.compiled.diagnostics.is_empty() {
                let (summary, path) = (summary(&program.compiled, path), path.display());
                tracing::info!("{summary}; `cep check {path}` shows what");
            }
            Ok((program, plan))
        }
        None => {
            show(&program.compiled);
            Err(Failure::new(Exit::Wrong, summary(&program.compiled, path)))
        }
    }
}

/// The programs under `path`: itself and every folder below it, where they hold rules. Folders
/// whose names begin with `.` are not looked into.
pub(super) fn programs_under(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::from(ConnectorError::io(format!("cannot read `{}`", path.display()), error))
    };
    if is_stdin(path) {
        return Ok(vec![path.to_owned()]);
    }
    if !std::fs::metadata(path).map_err(|error| failed(&error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut found, mut waiting) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = waiting.pop() {
        if !rules_in(&folder).map_err(|error| failed(&error))?.is_empty() {
            found.push(folder.clone());
        }
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            // Links are not followed, so that a circle of them does not matter.
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !is_hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
        }
    }
    if found.is_empty() {
        let message = format!("there is no `*.rules` file under `{}`", path.display());
        return Err(Failure::new(Exit::Outside, message));
    }
    found.sort();
    Ok(found)
}

/// The programs under all of these, each once, however often it is named.
pub(super) fn all_programs(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    for path in paths {
        for program in programs_under(path)? {
            if known.insert(program.canonicalize().unwrap_or_else(|_| program.clone())) {
                found.push(program);
            }
        }
    }
    Ok(found)
}

/// The files of the programs under `path`.
pub(super) fn files_under(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for program in programs_under(path)? {
        if program.is_dir() {
            let found = rules_in(&program).map_err(|error| {
                ConnectorError::io(format!("cannot read `{}`", program.display()), &error)
            })?;
            files.extend(found);
        } else {
            files.push(program);
        }
    }
    Ok(files)
}

/// The `*.rules` files of a folder.
pub(super) fn rules_in(folder: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rules") && path.is_file() {
            files.insert(path);
        }
    }
    Ok(files)
}

fn source(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path)
        .map_err(|error| ConnectorError::io(format!("cannot read `{name}`"), &error))?;
    Ok(Source::new(name, bytes))
}

/// Shows every diagnostic of a program on standard error.
pub(super) fn show(compiled: &Compiled) {
    show_all(&compiled.diagnostics, &compiled.sources);
}

/// Shows diagnostics on standard error.
pub(super) fn show_all(diagnostics: &[Diagnostic], sources: &SourceMap) {
    let colour = match stderr_look() {
        Look::Terminal => Colour::Always,
        Look::Plain => Colour::Never,
    };
    let text = render_all(diagnostics, sources, colour);
    if !text.is_empty() {
        // Nothing can be said about standard error being gone.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// `2 errors and 1 warning in rules/harvest`.
pub(super) fn summary(compiled: &Compiled, path: &Path) -> String {
    let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = compiled.diagnostics.len() - errors;
    let counted =
        |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let what = match (errors, warnings) {
        (0, 0) => "no errors".to_owned(),
        (_, 0) => counted(errors, "error"),
        (0, _) => counted(warnings, "warning"),
        _ => format!("{} and {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let path = if is_stdin(path) { STDIN.into() } else { path.to_string_lossy() };
    format!("{what} in {path}")
}
