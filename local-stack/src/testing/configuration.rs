//! Tables of settings in `docs/CONFIGURATION.md`, generated from the command lines of the services.
//!
//! A table stands between `<!-- begin: PROGRAM, HEADING -->` and `<!-- end -->`, where the heading is that of `--help`.

use std::any::TypeId;
use std::fs::File;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Command};
use jiff::SignedDuration;
use url::Url;

use crate::workspace;

const PAGE: &str = "docs/CONFIGURATION.md";
/// If it is set, tables that differ are rewritten.
const UPDATE: &str = "UPDATE_DOCS";
const END: &str = "<!-- end -->";

/// Compares the tables of `program` with the settings of `command`, or rewrites them if `UPDATE_DOCS` is set. Returns what
/// is wrong.
///
/// # Errors
/// The page cannot be read or written.
pub fn configuration_faults(program: &str, command: &Command) -> Result<Vec<String>, String> {
    let path = workspace::root().map_err(|error| error.to_string())?.join(PAGE);
    let failed = |error: std::io::Error| format!("{PAGE}: {error}");
    // Tests of two programs may rewrite it at the same time.
    let file = File::open(&path).map_err(failed)?;
    file.lock().map_err(failed)?;
    let page = std::fs::read_to_string(&path).map_err(failed)?;
    let (updated, mut faults) = updated(&page, program, command);
    if updated != page {
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&path, updated).map_err(failed)?;
        } else {
            faults.push(format!(
                "{PAGE} differs from the settings of {program}: run {UPDATE}=1 cargo nextest run -E 'test(configuration)'"
            ));
        }
    }
    Ok(faults)
}

/// The page with the tables of `program` written anew, and what no table can mend.
fn updated(page: &str, program: &str, command: &Command) -> (String, Vec<String>) {
    let args: Vec<&Arg> = command.get_arguments().filter(|arg| arg.get_env().is_some()).collect();
    let headings: Vec<&str> = args.iter().filter_map(|arg| arg.get_help_heading()).collect();
    let mut faults: Vec<String> = args
        .iter()
        .filter(|arg| arg.get_help_heading().is_none() || arg.get_help().is_none())
        .map(|arg| format!("{program}: {} has no help text or no heading", name(arg)))
        .collect();
    let mut page = page.to_owned();
    for heading in &headings {
        let begin = format!("<!-- begin: {program}, {heading} -->\n");
        let found = page.split_once(&begin).and_then(|(head, rest)| {
            let (_, tail) = rest.split_once(END)?;
            Some(format!("{head}{begin}{}{END}{tail}", table(&args, heading)))
        });
        match found {
            Some(found) => page = found,
            None => faults.push(format!("{PAGE}: no table after {begin}")),
        }
    }
    let begins = page.lines().filter_map(|line| line.strip_prefix(&format!("<!-- begin: {program}, ")));
    let known = |heading: &&str| headings.iter().any(|known| heading.strip_suffix(" -->") == Some(*known));
    faults
        .extend(begins.filter(|heading| !known(heading)).map(|heading| format!("{PAGE}: unknown {heading}")));
    faults.dedup();
    (page, faults)
}

fn table(args: &[&Arg], heading: &str) -> String {
    let mut table = "| setting | type | default | description |\n|---|---|---|---|\n".to_owned();
    for arg in args.iter().filter(|arg| arg.get_help_heading() == Some(heading)) {
        // `X_FILE` shares the row of `X`.
        if name(arg).strip_suffix("_FILE").is_some_and(|base| args.iter().any(|arg| name(arg) == base)) {
            continue;
        }
        table.push_str(&row(args, arg));
    }
    table
}

fn row(args: &[&Arg], arg: &Arg) -> String {
    let name = name(arg);
    let file = format!("{name}_FILE");
    let has_file = args.iter().any(|arg| self::name(arg) == file);
    let names = if has_file { format!("`{name}`, `{file}`") } else { format!("`{name}`") };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let (description, default) = description(&help);
    let values: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = match values.concat() {
        value if value.is_empty() => default,
        value => format!("`{value}`"),
    };
    let cells = [names, kind(arg, &name), default, description].map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

fn name(arg: &Arg) -> String {
    arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The type of a setting, for people.
fn kind(arg: &Arg, name: &str) -> String {
    let parser = arg.get_value_parser().type_id();
    let is = |types: &[TypeId]| types.iter().any(|id| parser == *id);
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let default = arg.get_default_values().first().and_then(|value| value.to_str());
    let numbers =
        [TypeId::of::<usize>(), TypeId::of::<u32>(), TypeId::of::<i32>(), TypeId::of::<NonZeroUsize>()];
    let secret =
        |kind: &str| if arg.is_hide_env_values_set() { format!("{kind}, secret") } else { kind.to_owned() };
    if is(&[TypeId::of::<bool>()]) {
        return "boolean".to_owned();
    }
    let values: Vec<_> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !values.is_empty() {
        return values.join(", ");
    }
    let kind = match default {
        _ if is(&[TypeId::of::<Duration>(), TypeId::of::<SignedDuration>()]) => "duration",
        _ if is(&[TypeId::of::<SocketAddr>()]) => "socket address",
        _ if is(&[TypeId::of::<PathBuf>()]) => "file path",
        _ if is(&[TypeId::of::<Url>()]) || name.ends_with("_URL") || name.ends_with("_ENDPOINT") => "URL",
        _ if help.contains("comma-separated") => "list",
        Some(default) if default.parse::<u32>().is_ok() => "number",
        _ if is(&numbers) => "number",
        _ => "text",
    };
    secret(kind)
}

/// The sentences of a help text, and its `[default: ...]` or `(required)`, which end its first paragraph.
fn description(help: &str) -> (String, String) {
    let mut paragraphs = help.split("\n\n").map(str::trim);
    let first = paragraphs.next().unwrap_or_default();
    let (first, default) = match first.split_once(" [default: ") {
        Some((first, default)) => (first, default.trim_end_matches(']')),
        None => first.strip_suffix(" (required)").map_or((first, ""), |first| (first, "required")),
    };
    let sentences = std::iter::once(first).chain(paragraphs).map(|paragraph| {
        let end = if paragraph.ends_with('.') { "" } else { "." };
        format!("{paragraph}{end}")
    });
    let text = sentences.collect::<Vec<_>>().join(" ");
    (code(&text), code(default))
}

/// The text with names of settings, and the paths after them, set as code.
fn code(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| {
        if at % 2 == 1 {
            return format!("`{part}`");
        }
        let words = part.split(' ').map(|word| {
            let name: String = word
                .chars()
                .take_while(|sign| sign.is_ascii_uppercase() || "_0123456789".contains(*sign))
                .collect();
            let plain = word.trim_end_matches(['.', ',', ';', ':']);
            match word.strip_prefix(plain) {
                Some(end) if name.contains('_') => format!("`{plain}`{end}"),
                _ => word.to_owned(),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use clap::Args;

    use super::*;

    #[derive(Args)]
    #[command(next_help_heading = "Mail")]
    struct Settings {
        /// Sender of mail (required)
        ///
        /// Needs MAIL_URL, or a|b.
        #[arg(long, env)]
        mail_from: String,
        /// File that contains MAIL_FROM
        #[arg(long, env)]
        mail_from_file: Option<PathBuf>,
        /// Lifetime of links [default: MAIL_TTL/2]
        #[arg(long, env)]
        link_ttl: Option<String>,
        /// Number of attempts
        #[arg(long, env, default_value = "3")]
        attempts: u32,
    }

    fn command() -> Command {
        Settings::augment_args(Command::new("program"))
    }

    const TABLE: &str = "<!-- begin: program, Mail -->\n\
        | setting | type | default | description |\n|---|---|---|---|\n\
        | `MAIL_FROM`, `MAIL_FROM_FILE` | text | required | Sender of mail. Needs `MAIL_URL`, or a\\|b. |\n\
        | `LINK_TTL` | text | `MAIL_TTL/2` | Lifetime of links. |\n\
        | `ATTEMPTS` | number | `3` | Number of attempts. |\n\
        <!-- end -->\n";

    #[test]
    fn a_table_has_a_row_for_each_setting() {
        let page = "# Page\n<!-- begin: program, Mail -->\nold\n<!-- end -->\nrest\n";
        let (page, faults) = updated(page, "program", &command());
        assert_eq!((page, faults), (format!("# Page\n{TABLE}rest\n"), vec![]));
    }

    #[test]
    fn a_missing_and_a_stale_table_are_found() {
        let stale = "<!-- begin: program, Letters -->\n<!-- end -->\n";
        let (page, faults) = updated(stale, "program", &command());
        assert_eq!(page, stale);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("no table after <!-- begin: program, Mail -->"), "{faults:?}");
        assert!(faults[1].contains("unknown Letters"), "{faults:?}");
    }
}
