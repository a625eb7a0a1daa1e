//! The mail server. No mail is sent.

use super::report::{Finding, Report};
use crate::config::Config;

const SERVER: &str = "mail.server";

/// Checks that the mail server accepts the connection and the credentials.
pub async fn check(config: &Config, report: &mut Report) {
    report.add(finding(config).await);
}

async fn finding(config: &Config) -> Finding {
    let mailer = match config.mail.mailer(&config.base_url) {
        Ok(Some(mailer)) => mailer,
        Ok(None) => return Finding::skipped(SERVER, "MAIL_URL is not set: mail is off"),
        Err(error) => return Finding::fault(SERVER, error.to_string(), "Correct this setting"),
    };
    let place = mailer.transport.place();
    match mailer.transport.probe().await {
        Ok(()) => Finding::ok(SERVER, format!("{place} accepts mail")),
        Err(reason) => Finding::fault(
            SERVER,
            format!("no mail can be sent through {place}: {reason}"),
            "Check host, port, user, password and `tls` of MAIL_URL, and MAIL_CA_FILE",
        ),
    }
}
