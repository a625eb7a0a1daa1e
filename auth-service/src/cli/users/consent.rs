//! Asking the operator before something is taken away.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::error::UsersError;

/// How the operator consents.
#[derive(Args)]
pub(super) struct Consent {
    /// Do not ask. Required if standard input is not a terminal
    #[arg(long)]
    yes: bool,
}

impl Consent {
    /// Checks that the operator has consented or can be asked.
    ///
    /// # Errors
    /// [`UsersError::CannotAsk`] if neither is true.
    pub(super) fn check(&self) -> Result<(), UsersError> {
        if self.yes || io::stdin().is_terminal() { Ok(()) } else { Err(UsersError::CannotAsk) }
    }

    /// Asks `question`, unless the operator has consented.
    ///
    /// # Errors
    /// [`UsersError::Refused`] if the answer is not yes.
    pub(super) fn ask(&self, question: &str) -> Result<(), UsersError> {
        if self.yes {
            return Ok(());
        }
        self.check()?;
        answer(question, &mut io::stdin().lock(), &mut io::stderr().lock())
    }
}

fn answer(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> Result<(), UsersError> {
    write!(output, "{question} [y/N] ").and_then(|()| output.flush()).map_err(UsersError::Terminal)?;
    let mut line = String::new();
    input.read_line(&mut line).map_err(UsersError::Terminal)?;
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(UsersError::Refused),
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
