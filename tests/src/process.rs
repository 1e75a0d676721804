//! Runs of `cep` as processes: standard output, words, exit code; stopped and killed as people and machines do.
//!
//! ```no_run
//! let output = cep_tests::process::run(&["check", "rules/harvest"], &[]);
//! assert_eq!(output.exit_code, Some(0), "{}", output.words);
//! ```

use crate::command::cep;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a run may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a finished run gave.
#[derive(Debug)]
pub struct Output {
    /// `None` if a signal ended it.
    pub exit_code: Option<i32>,
    /// Standard output.
    pub data: String,
    /// Standard error.
    pub words: String,
}

/// A run under way. It is killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    folder: tempfile::TempDir,
}

/// The root of the workspace, in which programs run.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Runs `cep` to its end with these arguments and `CEP_…` variables.
///
/// # Panics
/// When it cannot be run, or does not end.
pub fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    start(args, variables).wait()
}

/// Starts `cep` with these arguments and `CEP_…` variables.
///
/// # Panics
/// When it cannot be built or started.
#[expect(clippy::panic, reason = "a test cannot go on without the program")]
pub fn start(args: &[&str], variables: &[(&str, &str)]) -> Running {
    let started = || -> std::io::Result<Running> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| File::create(folder.path().join(name));
        let child = Command::new(cep())
            .args(args)
            .envs(variables.iter().copied())
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(file("data")?)
            .stderr(file("words")?)
            .spawn()?;
        Ok(Running { child, folder })
    };
    started().unwrap_or_else(|error| panic!("cannot run cep: {error}"))
}

impl Running {
    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    #[expect(clippy::panic, reason = "a test cannot go on")]
    pub fn wait(mut self) -> Output {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return self.output(status),
                Ok(None) if begun.elapsed() > PATIENCE => {
                    let _ = self.child.kill();
                    panic!("cep does not end; it has said: {}", self.read("words"));
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => panic!("cannot wait for cep: {error}"),
            }
        }
    }

    /// Asks it to stop (SIGTERM) and waits till it has.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(self) -> Output {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        self.wait()
    }

    /// Ends it at once, as a crash would (SIGKILL).
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(mut self) -> Output {
        let _ = self.child.kill();
        self.wait()
    }

    /// What it has said so far on standard error.
    pub fn words(&self) -> String {
        self.read("words")
    }

    fn output(&self, status: ExitStatus) -> Output {
        let (data, words) = (self.read("data"), self.read("words"));
        Output { exit_code: status.code(), data, words }
    }

    fn read(&self, name: &str) -> String {
        let mut bytes = Vec::new();
        let file = File::open(self.folder.path().join(name));
        let _ = file.and_then(|mut file| file.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
