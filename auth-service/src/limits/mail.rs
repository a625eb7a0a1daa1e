//! Limits mail to one mailbox, for one account and from one network.
//!
//! A mail is counted in the transaction that puts it into the outbox. The response must not depend on the limits: it
//! would reveal who else requests mail, or which accounts exist.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, USER_AGENT};
use jiff::{SignedDuration, Timestamp};
use metrics::{counter, describe_counter};
use service_kit::database::Executor;
use service_kit::store::StoreError;
use shared_claims::UserId;

use super::Limits;
use super::model::{Count, Key, Rule, Since};
use super::store::{self, CountArrays, FullCount};
use crate::client_address::Network;
use crate::protocol::email_address::Email;
use crate::security_event::SecurityLog;

/// Mail to one mailbox: enough for somebody who does not find a mail and requests it again, too little to flood the
/// mailbox. The links in the mails that were sent stay valid.
const RECIPIENT: Rule = hourly(5);
/// The part of it that one site can request, so that nobody alone uses up the mail that the owner needs for a reset.
const RECIPIENT_FROM_SITE: Rule = hourly(2);
/// Mail that one account requests, to any email: more than anybody needs to verify, change or delete something, too
/// little to send spam.
const ACCOUNT: Rule = hourly(10);
/// Mail that one client network requests, e.g. an office or a class that signs up together.
const NETWORK: Rule = hourly(50);
/// Notices of one kind to a verified email. More than five of a kind in an hour tell the reader nothing new.
const NOTICE: Rule = hourly(5);

/// Mails that were not sent because of a limit; label `limit`.
const WITHHELD: &str = "auth_service_mails_withheld_total";
/// The names of the limits in the log and the metrics.
const NAMES: [&str; 8] = [
    "account",
    "network",
    "recipient",
    "recipient_from_site",
    "notice",
    "notice_of_account",
    "notice_of_network",
    "notice_from_site",
];

/// Two sites together do not reach the limit of a mailbox.
const _: () = assert!(RECIPIENT_FROM_SITE.max * 2 < RECIPIENT.max);

/// The two domains of Gmail deliver to the same mailbox, which ignores dots.
const GMAIL: [&str; 2] = ["gmail.com", "googlemail.com"];

const fn hourly(max: i32) -> Rule {
    Rule { max, window: SignedDuration::from_hours(1), since: Since::First }
}

/// Describes the metric of the limits and creates its counters.
pub fn create_metrics() {
    describe_counter!(WITHHELD, "Mails that were not sent because of a limit.");
    NAMES.into_iter().for_each(|limit| counter!(WITHHELD, "limit" => limit).increment(0));
}

/// Who requests a mail.
#[derive(Debug, Clone, Copy)]
pub struct MailRequester<'a> {
    /// The account that the request proved, by a session or a link.
    pub account: Option<&'a UserId>,
    /// The network of the client.
    pub network: Network,
    /// The IP address of the client, for mail that states it.
    pub address: Option<IpAddr>,
    /// The `User-Agent` of the client, for mail that states it.
    pub user_agent: Option<&'a HeaderValue>,
}

impl<'a> MailRequester<'a> {
    /// A client in `network` that proved `account`, for mail that does not describe the client.
    pub fn new(network: Network, account: Option<&'a UserId>) -> Self {
        Self { account, network, address: None, user_agent: None }
    }

    /// The client that sent `request` and proved `account`, for mail that describes the client.
    pub fn described(log: &SecurityLog, request: &'a HttpRequest, account: &'a UserId) -> Self {
        let address = log.address(request);
        let user_agent = request.headers().get(USER_AGENT);
        Self { account: Some(account), network: Network::of(address), address, user_agent }
    }
}

/// The recipient of a notice, and what it is about.
#[derive(Debug, Clone, Copy)]
pub struct NoticeSubject<'a> {
    /// The name of the occasion.
    pub occasion: &'a str,
    /// The email address.
    pub to: &'a Email,
    /// Whether the email address belongs to the account's owner for sure.
    pub is_verified: bool,
}

/// The name of a count, for the log and the metrics, and the count.
type Named = (&'static str, Count);

/// The counts of a mail that another statement takes. Their names are for the log and the metrics.
pub struct MailCounts {
    /// What that statement needs.
    pub arrays: CountArrays,
    names: Vec<&'static str>,
}

impl MailCounts {
    /// Records that the mail was not sent, because the counts at these places (the first is 1) have reached their limit.
    pub fn record_withheld(&self, places: &[i64]) {
        for place in places {
            let index = usize::try_from(*place).ok().and_then(|place| place.checked_sub(1));
            withheld(index.and_then(|index| self.names.get(index)).copied());
        }
    }
}

impl Limits {
    /// Counts a mail to `to` that `requester` requested. False if it must not be sent; then it is not counted.
    pub async fn may_send(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        to: &Email,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // Rows are locked in this order. Those that more requests share come later.
        let mut counts: Vec<Named> = Vec::new();
        let mut add = |name, parts: &[&str], rule| counts.push((name, self.count(parts, rule)));
        if let Some(account) = requester.account {
            add("account", &["mail of account", account.as_str()], ACCOUNT);
        }
        for (network, factor) in requester.network.counted() {
            add("network", &["mail of network", &network.text()], NETWORK.for_clients(factor));
        }
        let (mailbox, site) = (mailbox(to), requester.network.site().text());
        add("recipient_from_site", &["mail from site", &mailbox, &site], RECIPIENT_FROM_SITE);
        add("recipient", &["mail", &mailbox], RECIPIENT);
        take(client, &counts, now).await
    }

    /// Counts a security notice. Neither other mail nor other notices count towards its limits, so nobody can suppress
    /// one, and no notice uses up the mail that its reader needs for a reset.
    pub async fn may_notify(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        subject: NoticeSubject<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        take(client, &self.counts_of_notice(requester, subject), now).await
    }

    /// The counts of a notice, for a statement that takes them itself.
    pub fn notice(
        &self,
        requester: &MailRequester<'_>,
        subject: NoticeSubject<'_>,
        now: Timestamp,
    ) -> MailCounts {
        let (names, counts): (_, Vec<Count>) = self.counts_of_notice(requester, subject).into_iter().unzip();
        MailCounts { arrays: CountArrays::new(&counts, now), names }
    }

    fn counts_of_notice(&self, requester: &MailRequester<'_>, subject: NoticeSubject<'_>) -> Vec<Named> {
        let NoticeSubject { occasion, to, is_verified } = subject;
        if is_verified {
            // By the exact email: a mail to another tag must not use up the notices of this one.
            return vec![("notice", self.count(&["notice", occasion, to.as_str()], NOTICE))];
        }
        // The email may be a stranger's, so the limits of other mail apply too, in counts of their own. In their order.
        let mut counts: Vec<Named> = Vec::new();
        let mut add = |name, parts: &[&str], rule| counts.push((name, self.count(parts, rule)));
        if let Some(account) = requester.account {
            add("notice_of_account", &["notice of account", occasion, account.as_str()], ACCOUNT);
        }
        for (network, factor) in requester.network.counted() {
            let parts = ["notice of network", occasion, &network.text()];
            add("notice_of_network", &parts, NETWORK.for_clients(factor));
        }
        let (mailbox, site) = (mailbox(to), requester.network.site().text());
        add("notice_from_site", &["notice from site", occasion, &mailbox, &site], RECIPIENT_FROM_SITE);
        add("notice", &["notice to mailbox", occasion, &mailbox], RECIPIENT);
        counts
    }

    fn count(&self, parts: &[&str], rule: Rule) -> Count {
        Count { key: Key::of(&self.secret, parts), rule }
    }
}

async fn take(client: &impl Executor, named: &[Named], now: Timestamp) -> Result<bool, StoreError> {
    let counts: Vec<Count> = named.iter().map(|(_, count)| *count).collect();
    let full = store::take_all(client, &counts, now).await?;
    for FullCount { index, .. } in &full {
        withheld(named.get(*index).map(|(name, _)| *name));
    }
    Ok(full.is_empty())
}

fn withheld(limit: Option<&'static str>) {
    let limit = limit.unwrap_or("unknown");
    counter!(WITHHELD, "limit" => limit).increment(1);
    tracing::info!(limit, "mail not sent: limit reached");
}

/// The mailbox of an email, as far as a sender can know it: without the `+tag`, which its owner chooses. Emails are in
/// lower case already.
fn mailbox(address: &Email) -> String {
    let Some((local, domain)) = address.as_str().split_once('@') else { return address.as_str().to_owned() };
    let name = local.split('+').next().filter(|name| !name.is_empty()).unwrap_or(local);
    if GMAIL.contains(&domain) {
        format!("{}@gmail.com", name.replace('.', ""))
    } else {
        format!("{name}@{domain}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_as_its_mailbox() {
        let mailbox = |text: &str| mailbox(&Email::parse(text).unwrap());
        for (address, expected) in [
            ("ada@example.com", "ada@example.com"),
            ("Ada+shop@EXAMPLE.com", "ada@example.com"),
            ("ada+a+b@example.com", "ada@example.com"),
            ("a.da@example.com", "a.da@example.com"),
            ("+tag@example.com", "+tag@example.com"),
            ("a.d.a+x@gmail.com", "ada@gmail.com"),
            ("ada@googlemail.com", "ada@gmail.com"),
        ] {
            assert_eq!(mailbox(address), expected, "{address}");
        }
    }
}
