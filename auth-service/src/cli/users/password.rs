//! Passwords that the operator sets: how they are read, and the settings that decide about them.

use std::io::{self, BufRead, IsTerminal, Read};
use std::num::NonZeroUsize;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::error::UsersError;
use crate::config::PasswordConfig;
use crate::email::Sender;
use crate::passwords::{HashPool, PasswordHasher};

/// Maximum length of a line with a password in bytes: more than the longest password that can be allowed.
const MAX_LINE: u64 = 16 * 1024;

/// The settings of `serve` that decide about new passwords.
#[derive(Args)]
pub(super) struct PasswordArgs {
    #[command(flatten)]
    passwords: PasswordConfig,
    /// As for `serve`. Passwords must not consist of the name of its host
    #[arg(long, env)]
    base_url: Option<Url>,
    /// As for `serve`. Passwords must not consist of the name of the product
    #[arg(long, env, default_value = "")]
    mail_from: String,
}

impl PasswordArgs {
    /// Checks and hashes passwords as the service does.
    ///
    /// # Errors
    /// If a setting cannot be used.
    pub(super) fn hasher(&self) -> Result<PasswordHasher, UsersError> {
        let host = self.base_url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let sender = Sender::parse(&self.mail_from, host).ok();
        let product = sender.as_ref().map_or(host, Sender::product);
        Ok(PasswordHasher {
            rules: self.passwords.rules()?,
            policy: self.passwords.policy(product)?,
            hashes: HashPool::new(NonZeroUsize::MIN, self.passwords.bcrypt_cost)
                .map_err(UsersError::Threads)?,
        })
    }
}

/// Reads a password: twice from the terminal, which does not show it, or the first line of standard input.
pub(super) fn read(email: &str) -> Result<SecretString, UsersError> {
    if !io::stdin().is_terminal() {
        return first_line(&mut io::stdin().lock());
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map(SecretString::from).map_err(UsersError::Terminal)
    };
    let password = ask(&format!("New password of {email}: "))?;
    let again = ask("Again: ")?;
    if password.expose_secret() != again.expose_secret() {
        return Err(UsersError::PasswordsDiffer);
    }
    Ok(password)
}

fn first_line(input: &mut impl BufRead) -> Result<SecretString, UsersError> {
    let mut line = String::new();
    input.take(MAX_LINE).read_line(&mut line).map_err(UsersError::Input)?;
    let end = line.trim_end_matches('\n').trim_end_matches('\r').len();
    line.truncate(end);
    if line.is_empty() {
        return Err(UsersError::NoPassword);
    }
    Ok(line.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line() {
        for (input, password) in
            [("secret\n", "secret"), ("secret", "secret"), (" se cret \r\nmore", " se cret "), ("s\n\n", "s")]
        {
            assert_eq!(first_line(&mut input.as_bytes()).unwrap().expose_secret(), password, "{input:?}");
        }
        for none in ["", "\n", "\r\n"] {
            assert!(matches!(first_line(&mut none.as_bytes()), Err(UsersError::NoPassword)), "{none:?}");
        }
        assert!(first_line(&mut &b"\xff\n"[..]).is_err(), "not UTF-8");
        let endless = "x".repeat(1 << 20);
        assert_eq!(first_line(&mut endless.as_bytes()).unwrap().expose_secret().len(), 16 * 1024);
    }
}
