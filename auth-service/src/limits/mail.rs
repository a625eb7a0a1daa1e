//! Limits mail to one mailbox, for one account and from one network.
//!
//! A mail is counted in the transaction that puts it into the outbox. The response must not depend on the limits: it
//! would reveal who else requests mail, or which accounts exist.

use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use service_kit::database::Executor;
use service_kit::store::StoreError;
use shared_claims::UserId;

use super::Limits;
use super::model::{Count, Key, Rule, Since};
use super::store::{self, FullCount};
use crate::client_address::Network;
use crate::protocol::email_address::Email;

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
/// Notices of one kind to a verified email. They have a limit of their own, so nobody can suppress one. More than five
/// of a kind in an hour tell the reader nothing new.
const NOTICE: Rule = hourly(5);

/// Two sites together do not reach the limit of a mailbox.
const _: () = assert!(RECIPIENT_FROM_SITE.max * 2 < RECIPIENT.max);

/// The two domains of Gmail deliver to the same mailbox, which ignores dots.
const GMAIL: [&str; 2] = ["gmail.com", "googlemail.com"];

const fn hourly(max: i32) -> Rule {
    Rule { max, window: SignedDuration::from_hours(1), since: Since::First }
}

/// Who requests a mail.
#[derive(Debug, Clone, Copy)]
pub struct MailRequester<'a> {
    /// The account that the request proved, by a session or a link.
    pub account: Option<&'a UserId>,
    /// The network of the client.
    pub network: Network,
}

impl<'a> MailRequester<'a> {
    /// A client in `network` that proved `account`.
    pub fn new(network: Network, account: Option<&'a UserId>) -> Self {
        Self { account, network }
    }
}

/// The name of a count, for the log and the metrics, and the count.
type Named = (&'static str, Count);

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

    /// Counts a security notice to a verified email. No other mail counts towards its limit.
    pub async fn may_notify(
        &self,
        client: &impl Executor,
        occasion: &str,
        to: &Email,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // By the exact email: a mail to another tag must not use up the notices of this one.
        let count = self.count(&["notice", occasion, to.as_str()], NOTICE);
        take(client, &[("notice", count)], now).await
    }

    fn count(&self, parts: &[&str], rule: Rule) -> Count {
        Count { key: Key::of(&self.secret, parts), rule }
    }
}

async fn take(client: &impl Executor, named: &[Named], now: Timestamp) -> Result<bool, StoreError> {
    let counts: Vec<Count> = named.iter().map(|(_, count)| *count).collect();
    let full = store::take_all(client, &counts, now).await?;
    for FullCount { index, .. } in &full {
        let limit = named.get(*index).map_or("unknown", |(name, _)| *name);
        counter!("auth_service_mails_withheld_total", "limit" => limit).increment(1);
        tracing::info!(limit, "mail not sent: limit reached");
    }
    Ok(full.is_empty())
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
