//! Asking the operator before something is taken away.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

/// How the operator consents.
#[derive(Args)]
pub struct Consent {
    /// Do not ask. Required if standard input is not a terminal
    #[arg(long)]
    yes: bool,
}

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// Nobody can be asked.
    #[error("standard input is not a terminal, so you cannot be asked. Add --yes")]
    CannotAsk,
    /// The answer was not yes.
    #[error("nothing was changed")]
    Refused,
    /// The question could not be asked.
    #[error("terminal: {0}")]
    Terminal(io::Error),
}

impl Consent {
    /// Checks that the operator has consented or can be asked.
    ///
    /// # Errors
    /// [`ConsentError::CannotAsk`] if neither is true.
    pub fn check(&self) -> Result<(), ConsentError> {
        if self.yes || io::stdin().is_terminal() { Ok(()) } else { Err(ConsentError::CannotAsk) }
    }

    /// Asks `question`, unless the operator has consented.
    ///
    /// # Errors
    /// [`ConsentError::Refused`] if the answer is not yes.
    pub fn ask(&self, question: &str) -> Result<(), ConsentError> {
        if self.yes {
            return Ok(());
        }
        self.check()?;
        answer(question, &mut io::stdin().lock(), &mut io::stderr().lock())
    }
}

fn answer(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> Result<(), ConsentError> {
    write!(output, "{question} [y/N] ").and_then(|()| output.flush()).map_err(ConsentError::Terminal)?;
    let mut line = String::new();
    input.read_line(&mut line).map_err(ConsentError::Terminal)?;
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(ConsentError::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_consent() {
        for (line, consents) in [
            ("y\n", true),
            ("YES\n", true),
            ("n\n", false),
            ("\n", false),
            ("", false),
            ("yes please\n", false),
        ] {
            let mut asked = Vec::new();
            let given = answer("Delete bob?", &mut line.as_bytes(), &mut asked);
            assert_eq!(given.is_ok(), consents, "{line:?}");
            assert_eq!(asked, b"Delete bob? [y/N] ");
        }
    }
}
