//! Whether task-service accepts the tokens of this service. It gets a token for a user that does not exist, signed with
//! the key in the database, and lists that user's tasks. Such a token says that it is a diagnosis, so task-service tells
//! the reason of a refusal.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::Value;

use super::clocks::{self, DATE_RESOLUTION, Reading};
use super::http::{Answer, Remote};
use super::report::{Finding, Report};
use crate::keys::{SigningKey, SigningKeyError};
use crate::status_lists::{StatusIndex, StatusReference};
use crate::tokens::{Audience, DiagnosisClaims, TokenSettings};

const REACHABLE: &str = "task-service.url";
const CLOCK: &str = "clock.task-service";
const JWKS: &str = "task-service.jwks";
const TYPE: &str = "task-service.typ";
const ISSUER: &str = "task-service.issuer";
const AUDIENCE: &str = "task-service.audience";
const REVOCATION: &str = "task-service.revocation";

/// The checks of this file.
pub const CHECKS: [&str; 7] = [REACHABLE, CLOCK, JWKS, TYPE, ISSUER, AUDIENCE, REVOCATION];
/// The checks of a token without a status.
const OF_TOKEN: [&str; 4] = [JWKS, TYPE, ISSUER, AUDIENCE];

const PATH: &str = "/api/me/tasks?limit=1";

/// What tokens are made of.
pub struct Issuer<'a> {
    pub key: &'a SigningKey,
    pub tokens: &'a TokenSettings,
    /// What the URIs of status lists begin with.
    pub lists: String,
    /// An index of the lists that belongs to no session.
    pub index: Option<StatusIndex>,
    /// CLOCK_SKEW.
    pub tolerance: SignedDuration,
}

/// Checks task-service at `remote`. Unless it is `expected` there, its absence is no fault.
pub async fn check(remote: &Remote, expected: bool, issuer: &Issuer<'_>, report: &mut Report) {
    let absent = |what: String| {
        let message = format!("task-service does not answer at {}: {what}", remote.url());
        if expected {
            Finding::fault(REACHABLE, message, "Give --task-service the URL of task-service, without /api")
        } else {
            Finding::skipped(REACHABLE, format!("{message}. Give --task-service its URL if there is one"))
        }
    };
    let unreachable = match Answer::of(remote.get(PATH)).await {
        Ok(answer) if is_task_service(&answer) => {
            report.add(Finding::ok(REACHABLE, format!("task-service answers at {}", remote.url())));
            return with_token(remote, issuer, &answer, report).await;
        }
        Ok(answer) => absent(format!("{PATH} answers {}", answer.status)),
        Err(error) => absent(error),
    };
    report.add(unreachable);
    report.skip(&CHECKS[1..], "task-service does not answer");
}

/// Without a token it answers 401, with its challenge.
fn is_task_service(answer: &Answer) -> bool {
    answer.status == 401 && answer.header(WWW_AUTHENTICATE) == Some("Bearer")
}

async fn with_token(remote: &Remote, issuer: &Issuer<'_>, first: &Answer, report: &mut Report) {
    let (local, half) = first.moment();
    let date = first.date();
    report.add(match date {
        Some(remote) => {
            let reading = Reading { remote, local, error: half + DATE_RESOLUTION };
            clocks::compare(CLOCK, "task-service", reading, issuer.tolerance)
        }
        None => Finding::skipped(CLOCK, "its responses have no Date header"),
    });
    // By the clock of task-service, so that a wrong clock does not hide other faults.
    let now = date.unwrap_or(local);
    let is_accepted = match ask(remote, issuer.token(None, now)).await {
        Ok(answer) => verdict(&answer, issuer, report),
        Err(error) => {
            report.skip(&OF_TOKEN, &error);
            false
        }
    };
    report.add(match issuer.index {
        Some(index) if is_accepted => revocation(ask(remote, issuer.token(Some(index), now)).await, issuer),
        Some(_) => Finding::skipped(REVOCATION, "task-service accepts no token"),
        None => Finding::skipped(REVOCATION, "the status lists in the database cannot be read"),
    });
}

/// Lists tasks with a token.
async fn ask(remote: &Remote, token: Result<String, SigningKeyError>) -> Result<Answer, String> {
    let token = token.map_err(|error| error.to_string())?;
    Answer::of(remote.get(PATH).bearer_auth(token)).await
}

/// Why a token was refused, as the challenge of its response says.
fn reason(answer: &Answer) -> Option<&str> {
    let (_, described) = answer.header(WWW_AUTHENTICATE)?.split_once("error_description=\"")?;
    described.split_once('"').map(|(reason, _)| reason)
}

/// Whether task-service has no keys, or not the list of a token.
fn has_no_documents(answer: &Answer) -> bool {
    answer.status == 503 && answer.body.get("code").and_then(Value::as_str) == Some("KEYS_UNAVAILABLE")
}

/// Reads the answer to a request with a token that has a status.
fn revocation(answer: Result<Answer, String>, issuer: &Issuer<'_>) -> Finding {
    let lists = &issuer.lists;
    match answer {
        Ok(answer) if answer.status == 200 => {
            Finding::ok(REVOCATION, "task-service has the status list of its tokens, or checks none")
        }
        Ok(answer) if has_no_documents(&answer) => Finding::fault(
            REVOCATION,
            "task-service has not fetched the status lists of auth-service, so it refuses every token with 503",
            "Set STATUS_LIST_URL of task-service to a URL at which it reaches /.well-known/status-lists of auth-service; \
             its log names the error",
        ),
        Ok(answer) if reason(&answer) == Some("status_reference") => Finding::fault(
            REVOCATION,
            format!("task-service refuses tokens whose status list is below {lists}"),
            format!("Set STATUS_LIST_PREFIX={lists} on task-service"),
        ),
        Ok(answer) => Finding::skipped(REVOCATION, format!("task-service answers {}", answer.status)),
        Err(error) => Finding::skipped(REVOCATION, error),
    }
}

impl Issuer<'_> {
    fn token(&self, index: Option<StatusIndex>, now: Timestamp) -> Result<String, SigningKeyError> {
        let status = index.map(|index| StatusReference::new(&self.lists, index));
        self.key.sign(&self.tokens.token_type, &DiagnosisClaims::new(self.tokens, status, now))
    }

    fn audiences(&self) -> &[String] {
        match &self.tokens.audience {
            Audience::One(audience) => std::slice::from_ref(audience),
            Audience::Several(audiences) => audiences,
        }
    }
}

/// Reads the answer to a request with a token. Returns whether it was accepted.
fn verdict(answer: &Answer, issuer: &Issuer<'_>, report: &mut Report) -> bool {
    let status = answer.status.as_u16();
    let fault = match (status, reason(answer)) {
        (200, _) => None,
        (401, reason) => Some(refused(reason, issuer)),
        _ if has_no_documents(answer) => Some(Finding::fault(
            JWKS,
            "task-service has not fetched the keys of auth-service",
            "Set JWKS_URL of task-service to a URL at which it reaches auth-service, such as \
             http://auth-service:8081/.well-known/jwks.json; its log names the error",
        )),
        _ => {
            report.skip(&OF_TOKEN, &format!("task-service answers {status}"));
            return false;
        }
    };
    // A fault hides the others.
    for check in OF_TOKEN {
        report.add(match &fault {
            Some(finding) if finding.check == check => finding.clone(),
            Some(finding) => Finding::skipped(check, format!("see {}", finding.check)),
            None => Finding::ok(check, accepted(check, issuer)),
        });
    }
    fault.is_none()
}

/// The fault of a token that was refused for this reason, or for one that task-service did not tell: then it does not know
/// the key.
fn refused(reason: Option<&str>, issuer: &Issuer<'_>) -> Finding {
    let (kid, tokens, audiences) = (issuer.key.kid(), issuer.tokens, issuer.audiences());
    match reason {
        None => Finding::fault(
            JWKS,
            format!(
                "task-service does not know the signing key {kid}: it has the keys of another service, or old ones"
            ),
            "Set JWKS_URL of task-service to /.well-known/jwks.json of this auth-service",
        ),
        Some("type") => Finding::fault(
            TYPE,
            format!("task-service refuses tokens of the type {}", tokens.token_type),
            format!("Set JWT_TYP={} on task-service, or change JWT_TYP here", tokens.token_type),
        ),
        Some("issuer") => Finding::fault(
            ISSUER,
            format!("task-service refuses tokens of the issuer {}", tokens.issuer),
            format!("Set AUTH_ISSUER={} on task-service, or change JWT_ISSUER here", tokens.issuer),
        ),
        Some("audience") => Finding::fault(
            AUDIENCE,
            format!("task-service refuses tokens for the audience {}", audiences.join(", ")),
            format!(
                "Set AUTH_AUDIENCE={} on task-service, or change JWT_AUDIENCE here",
                audiences.first().map_or("", String::as_str)
            ),
        ),
        Some(other) => Finding::fault(
            JWKS,
            format!("task-service refuses tokens of this service: {other}"),
            "Compare the settings of both services; the log of task-service names the token",
        ),
    }
}

fn accepted(check: &str, issuer: &Issuer<'_>) -> String {
    match check {
        JWKS => format!("task-service knows the signing key {}", issuer.key.kid()),
        TYPE => format!("task-service accepts tokens of the type {}", issuer.tokens.token_type),
        ISSUER => format!("task-service accepts tokens of the issuer {}", issuer.tokens.issuer),
        _ => format!("task-service accepts tokens for the audience {}", issuer.audiences().join(", ")),
    }
}
