//! Valid settings that weaken security. They are logged at start and never rejected.

use std::fmt;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use url::Url;

/// A setting that weakens the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakness {
    /// The name of the environment variable.
    pub setting: String,
    /// The reason, and what to do.
    pub reason: &'static str,
}

impl Weakness {
    /// Logs the weakness as a warning.
    pub fn warn(&self) {
        let Self { setting, reason } = self;
        tracing::warn!(setting, "{setting}: {reason}");
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "warning: {}: {}", self.setting, self.reason)
    }
}

/// Finds secrets among command-line arguments, which every user of the machine can read in the list of processes. A secret
/// is an argument of `command` whose value the help hides; a URL is one if it contains a password. `command` must be the
/// one that parsed `matches`.
pub fn secrets_in_arguments(command: &Command, matches: &ArgMatches) -> Vec<Weakness> {
    let is_secret = |argument: &&Arg| argument.is_hide_env_values_set() && holds_secret(argument, matches);
    let names = command.get_arguments().filter(is_secret).filter_map(|argument| argument.get_env()?.to_str());
    let mut found: Vec<Weakness> = names
        .map(|name| Weakness {
            setting: name.to_owned(),
            reason: "is an argument, which every user of this machine can read in the list of processes; use the \
                     environment variable, or its _FILE variant with the path of a file",
        })
        .collect();
    if let Some((name, matches)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        found.extend(secrets_in_arguments(command, matches));
    }
    found
}

fn holds_secret(argument: &Arg, matches: &ArgMatches) -> bool {
    let id = argument.get_id().as_str();
    if matches.value_source(id) != Some(ValueSource::CommandLine) {
        return false;
    }
    let is_url = argument.get_env().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with("_URL"));
    let value = matches.get_raw(id).and_then(|mut values| values.next()).and_then(|value| value.to_str());
    let url = value.filter(|_| is_url).and_then(|text| Url::parse(text).ok());
    // A URL that cannot be parsed, such as one with several hosts, may contain a password.
    url.is_none_or(|url| url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(arguments: &[&str]) -> Vec<String> {
        let secret =
            |name: &'static str, env: &'static str| Arg::new(name).long(name).env(env).hide_env_values(true);
        let mut command = Command::new("test")
            .arg(secret("url", "DATABASE_URL"))
            .arg(Arg::new("bind").long("bind").env("BIND"))
            .subcommand(Command::new("serve").arg(secret("secret", "SECRET")));
        let matches = command.try_get_matches_from_mut([&["test"], arguments].concat()).unwrap();
        secrets_in_arguments(&command, &matches).into_iter().map(|weakness| weakness.setting).collect()
    }

    #[test]
    fn secrets_are_found_by_the_names_of_their_variables() {
        assert_eq!(found(&["--bind", "127.0.0.1:1", "serve"]), [""; 0]);
        assert_eq!(
            found(&["--url", "postgres://a:b@c/d", "serve", "--secret", "x"]),
            ["DATABASE_URL", "SECRET"]
        );
        assert_eq!(found(&["--url", "postgres://a@c/d"]), [""; 0], "no password");
        assert_eq!(found(&["--url", "postgres://a@c/d?password=b"]), ["DATABASE_URL"]);
        assert_eq!(found(&["--url", "postgres://a:b@c,e/d"]), ["DATABASE_URL"], "several hosts");
    }
}
