//! Fetches Apache Kafka: Maven resolves `tests/broker/pom.xml` once into `kafka-VERSION` under cargo's target folder.
//!
//! The folder appears whole or not at all (a rename), and keeps the pom it was made from, so that an edited pom fetches anew. Test
//! processes that start at once wait for each other at a lock file.

use super::error::{BrokerError, tail};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const POM: &str = include_str!("../../broker/pom.xml");
const POM_NAME: &str = "pom.xml";
/// The oldest Java that Kafka 4 runs on.
const JAVA_NEEDED: u32 = 17;
/// About 45 MB of jars and Maven's own plugins: minutes on a slow line.
const FETCH_DEADLINE: Duration = Duration::from_secs(600);

/// The Kafka release the pom names.
pub fn version() -> &'static str {
    let after = POM.split_once("<kafka.version>").map_or("", |(_, rest)| rest);
    after.split_once('<').map_or("", |(version, _)| version)
}

/// The `java` to run: that of JAVA_HOME, else the one on PATH.
///
/// # Errors
/// [`BrokerError::Java`] when there is none or it is too old.
pub fn java() -> Result<PathBuf, BrokerError> {
    let program = match std::env::var_os("JAVA_HOME") {
        Some(home) if !home.is_empty() => Path::new(&home).join("bin").join("java"),
        _ => PathBuf::from("java"),
    };
    checked_java(program)
}

fn checked_java(program: PathBuf) -> Result<PathBuf, BrokerError> {
    let wrong = |found: String| BrokerError::Java { needed: JAVA_NEEDED, found };
    let output = Command::new(&program)
        .arg("-version")
        .output()
        .map_err(|error| wrong(format!("`{} -version`: {error}", program.display())))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    match release(&text) {
        Some(found) if found >= JAVA_NEEDED => Ok(program),
        Some(found) => Err(wrong(format!("`{}` is release {found}", program.display()))),
        None => Err(wrong(format!("`{} -version` says: {}", program.display(), text.trim()))),
    }
}

/// The release in what `java -version` prints: `version "17.0.15"` is 17, `version "1.8.0_402"` is 8.
fn release(text: &str) -> Option<u32> {
    let version = text.split('"').nth(1)?;
    let mut numbers = version.split(['.', '-', '+', '_']).map(str::parse::<u32>);
    match numbers.next()?.ok()? {
        1 => numbers.next()?.ok(),
        first => Some(first),
    }
}

/// The folder that holds the jars, fetched now if it is not there.
///
/// # Errors
/// [`BrokerError::Maven`] and [`BrokerError::Fetch`], or a file operation's.
pub fn folder() -> Result<PathBuf, BrokerError> {
    folder_in(&target_folder(), Path::new("mvn"))
}

fn folder_in(target: &Path, maven: &Path) -> Result<PathBuf, BrokerError> {
    let wanted = target.join(format!("kafka-{}", version()));
    if is_whole(&wanted) {
        return Ok(wanted);
    }
    fs::create_dir_all(target).map_err(BrokerError::io("cannot make the target folder", target))?;
    let lock_path = target.join(format!("kafka-{}.lock", version()));
    let lock = File::create(&lock_path)
        .map_err(BrokerError::io("cannot make the lock file", &lock_path))?;
    lock.lock().map_err(BrokerError::io("cannot wait for the lock file", &lock_path))?;
    if is_whole(&wanted) {
        return Ok(wanted); // Another test process fetched it meanwhile.
    }
    // Whatever lies there is of an older pom or of a fetch that was cut short; the lock is ours.
    let partial = target.join(format!("kafka-{}.partial", version()));
    for stale in [&partial, &wanted] {
        if stale.exists() {
            fs::remove_dir_all(stale)
                .map_err(BrokerError::io("cannot remove the stale folder", stale))?;
        }
    }
    fs::create_dir_all(&partial).map_err(BrokerError::io("cannot make the folder", &partial))?;
    fetch(&partial, maven)?;
    fs::rename(&partial, &wanted)
        .map_err(BrokerError::io("cannot rename the fetched folder to", &wanted))?;
    Ok(wanted)
}

/// The pom comes with the rename, so that its presence says that the jars are there.
fn is_whole(folder: &Path) -> bool {
    fs::read_to_string(folder.join(POM_NAME)).is_ok_and(|pom| pom == POM)
}

fn fetch(folder: &Path, maven: &Path) -> Result<(), BrokerError> {
    let begun = Instant::now();
    say(&format!(
        "fetching Apache Kafka {} into {} (about 45 MB, only this once) …",
        version(),
        folder.display()
    ));
    let pom = folder.join(POM_NAME);
    fs::write(&pom, POM).map_err(BrokerError::io("cannot write", &pom))?;
    let log_path = folder.join("mvn.log");
    let log = File::create(&log_path).map_err(BrokerError::io("cannot write", &log_path))?;
    let log_too = log.try_clone().map_err(BrokerError::io("cannot write", &log_path))?;
    let mut maven = Command::new(maven)
        .args(["--batch-mode", "--no-transfer-progress", "-f"])
        .arg(&pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(log_too)
        .spawn()
        .map_err(|error| BrokerError::Maven {
            version: version().to_owned(),
            found: error.to_string(),
        })?;
    let reason = loop {
        match maven.try_wait().map_err(BrokerError::io("cannot wait for mvn", &pom))? {
            Some(status) if status.success() => break None,
            Some(status) => break Some(format!("mvn ended with {status}")),
            None if begun.elapsed() > FETCH_DEADLINE => {
                let _ = maven.kill();
                let _ = maven.wait();
                break Some(format!("mvn was not done after {} s", FETCH_DEADLINE.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    if let Some(reason) = reason {
        let output = tail(&fs::read_to_string(&log_path).unwrap_or_default(), 20);
        return Err(BrokerError::Fetch { version: version().to_owned(), reason, output });
    }
    say(&format!("fetched Apache Kafka {} in {:.1} s", version(), begun.elapsed().as_secs_f32()));
    Ok(())
}

/// Cargo's target folder: where the running test lies, else as the environment or the workspace has it.
fn target_folder() -> PathBuf {
    let around_the_test = std::env::current_exe().ok().and_then(|exe| {
        exe.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_owned)
    });
    around_the_test
        .or_else(|| std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from))
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("target"))
}

/// Written past the test harness, which would hold it back till the test has failed.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn release_of_old_and_new_javas() {
        assert_eq!(release("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(release("java version \"1.8.0_402\""), Some(8));
        assert_eq!(release("openjdk version \"25-ea\" 2026-09-16"), Some(25));
        assert_eq!(release("sh: java: not found"), None);
    }

    #[test]
    fn version_is_read_from_the_pom() {
        assert_eq!(version().split('.').count(), 3, "{}", version());
    }

    #[test]
    fn missing_java_is_named_with_what_to_install() {
        let error = checked_java(PathBuf::from("/nowhere/bin/java")).unwrap_err().to_string();
        assert!(
            error.starts_with("java 17 or newer is not on PATH: `/nowhere/bin/java"),
            "{error}"
        );
        assert!(error.contains("apt install openjdk-17-jre-headless"), "{error}");
    }

    #[test]
    fn old_java_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let java = script(folder.path(), "java", "echo 'java version \"1.8.0_402\"' >&2");
        let error = checked_java(java).unwrap_err().to_string();
        assert!(error.contains("java` is release 8; install"), "{error}");
    }

    #[test]
    fn missing_maven_is_named_with_what_to_install() {
        let target = tempfile::tempdir().unwrap();
        let error = folder_in(target.path(), Path::new("/nowhere/mvn")).unwrap_err().to_string();
        assert!(error.starts_with("mvn (Apache Maven) is not on PATH: No such file"), "{error}");
        assert!(error.contains("apt install maven"), "{error}");
    }

    #[test]
    fn failed_fetch_shows_what_maven_said_and_is_tried_anew() {
        let target = tempfile::tempdir().unwrap();
        let failing = script(target.path(), "failing-mvn", "echo 'no route to host'; exit 3");
        for _ in 0..2 {
            let error = folder_in(target.path(), &failing).unwrap_err().to_string();
            assert!(error.contains("exit status: 3"), "{error}");
            assert!(error.contains("no route to host"), "{error}");
        }
        let working = script(target.path(), "working-mvn", "exit 0");
        let folder = folder_in(target.path(), &working).unwrap();
        assert!(is_whole(&folder));
        assert_eq!(folder_in(target.path(), &failing).unwrap(), folder, "it is not fetched again");
    }

    /// Written by a process of its own: a file that this one holds open, if only in a child about to exec, cannot be run.
    fn script(folder: &Path, name: &str, body: &str) -> PathBuf {
        const WRITE: &str = r#"printf '#!/bin/sh\n%s\n' "$2" >"$1" && chmod +x "$1""#;
        let path = folder.join(name);
        let written =
            Command::new("sh").args(["-c", WRITE, "sh"]).arg(&path).arg(body).status().unwrap();
        assert!(written.success());
        path
    }
}
