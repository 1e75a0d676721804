//! What becomes of a snapshot that is not as stored.

use super::super::{Exit, Failure, Look, print};
use super::diff::difference;
use super::snapshot::store::{Found, Place};
use std::io::{BufRead, IsTerminal, Write};

/// Who decides about snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// They wait as `.snap.new`.
    Wait,
    /// Nobody: nothing is written, and what is not stored fails.
    Ci,
    /// Nobody either: with other params it is what other rules would give.
    Trial,
    /// They are taken.
    Accept,
    /// A person at the terminal, one by one.
    Review,
}

/// What the command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Accept,
    Review,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is as stored.
    Holds,
    /// It is stored now.
    Accepted,
    /// It is not stored; it waits, or is refused.
    Open,
}

/// What was asked for and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Accept,
    Reject,
    Skip,
}

impl Mode {
    /// From the flag and the environment.
    ///
    /// # Errors
    /// When snapshots are to be taken where nothing may be written, or asked about where nobody
    /// answers.
    pub fn of(wish: Option<Wish>) -> Result<Self, Failure> {
        let is_ci = is_ci(std::env::var("CI").ok().as_deref());
        match wish {
            Some(_) if is_ci => {
                let message = "in CI no snapshot is accepted: the variable `CI` is set";
                Err(Failure::usage(message).with_help(
                    "accept snapshots where they can be looked at, and commit the `.snap` files",
                ))
            }
            Some(Wish::Accept) => Ok(Self::Accept),
            Some(Wish::Review) if !std::io::stdin().is_terminal() => {
                let message = "`--review` asks on the terminal, and standard input is not one";
                Err(Failure::usage(message).with_help(
                    "run `cep test` to see what differs, and `--accept` to take all of it",
                ))
            }
            Some(Wish::Review) => Ok(Self::Review),
            None if is_ci => Ok(Self::Ci),
            None => Ok(Self::Wait),
        }
    }

    /// Compares `text` with what is stored at `place`, shows the test's line and what differs, and
    /// decides.
    pub fn settle(self, place: &Place, label: &str, text: &str) -> Result<Decision, Failure> {
        let (word, stored) = match place.compare(text)? {
            Found::Same => {
                if !matches!(self, Self::Ci | Self::Trial) {
                    place.forget()?;
                }
                print(&format!("{label} … ok\n"))?;
                return Ok(Decision::Holds);
            }
            Found::Missing => ("NEW", String::new()),
            Found::Other(stored) => ("CHANGED", stored),
        };
        let shown = match self {
            Self::Accept => format!("{label} … accepted\n"),
            _ => format!("{label} … {word}\n{}", difference(place, &stored, text, stdout_look())),
        };
        print(&shown)?;
        let answer = match self {
            Self::Accept => Answer::Accept,
            Self::Review => ask(&mut std::io::stdin().lock(), &mut std::io::stderr())?,
            Self::Wait => Answer::Skip,
            Self::Ci | Self::Trial => return Ok(Decision::Open),
        };
        match answer {
            Answer::Accept => place.accept(text)?,
            Answer::Reject => place.forget()?,
            Answer::Skip => place.propose(text)?,
        }
        Ok(if answer == Answer::Accept { Decision::Accepted } else { Decision::Open })
    }
}

/// Asks until one of the answers comes; the end of the input is a skip.
fn ask(input: &mut dyn BufRead, words: &mut dyn Write) -> Result<Answer, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Outside, format!("cannot ask on the terminal: {error}"))
    };
    loop {
        write!(words, "accept, reject or skip? [a/r/s] ").map_err(failed)?;
        words.flush().map_err(failed)?;
        let mut line = String::new();
        if input.read_line(&mut line).map_err(failed)? == 0 {
            writeln!(words).map_err(failed)?;
            return Ok(Answer::Skip);
        }
        match line.trim().to_lowercase().as_str() {
            "a" | "accept" => return Ok(Answer::Accept),
            "r" | "reject" => return Ok(Answer::Reject),
            "s" | "skip" => return Ok(Answer::Skip),
            _ => {}
        }
    }
}

/// Whether the value of the variable `CI` says so, as insta reads it.
fn is_ci(value: Option<&str>) -> bool {
    value.is_some_and(|value| !["", "0", "false"].contains(&value))
}

/// How standard output is drawn on.
pub(super) fn stdout_look() -> Look {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !plain { Look::Terminal } else { Look::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(typed: &str) -> (Answer, String) {
        let mut words = Vec::new();
        let answer = ask(&mut typed.as_bytes(), &mut words).unwrap_or(Answer::Reject);
        (answer, String::from_utf8_lossy(&words).into_owned())
    }

    #[test]
    fn an_answer_is_asked_for_until_it_is_one() {
        let question = "accept, reject or skip? [a/r/s] ";
        assert_eq!(answer("a\n"), (Answer::Accept, question.into()));
        assert_eq!(answer("yes\n\nReject\n"), (Answer::Reject, question.repeat(3)));
        assert_eq!(answer(" s \n").0, Answer::Skip);
    }

    #[test]
    fn the_end_of_the_input_is_a_skip() {
        assert_eq!(answer("").0, Answer::Skip);
    }
}
