//! How much mail is sent: to one mailbox, for one account, and for one network.
//!
//! It is counted where mail enters the outbox, in the transaction that puts it there. The answer to whoever asked must not
//! depend on it: else it would tell who else asks, or which accounts there are.

use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use service_kit::database::Executor;
use service_kit::store::StoreError;
use shared_claims::UserId;

use super::Limits;
use super::model::{Count, Key, Rule, Since};
use super::store::{self, Full};
use crate::client_address::Network;
use crate::protocol::email_address::Email;

/// Mail to one mailbox, whoever asks for it: enough for somebody who does not find it and asks again, too few to flood a
/// mailbox. The links of those that were sent stay valid.
const RECIPIENT: Rule = hourly(5);
/// Of those, what one site may ask for: so that no single party uses up the mail that the owner needs to reset a password.
const RECIPIENT_FROM_SITE: Rule = hourly(2);
/// Mail that one account asks for, to whatever addresses: more than anybody needs who verifies, changes or deletes
/// something, too little to send a page's words to strangers.
const ACCOUNT: Rule = hourly(10);
/// Mail that one client's network asks for: an office or a class that signs up together.
const NETWORK: Rule = hourly(50);
/// Notices of one kind to a verified address. Nothing else counts against them, so nobody can keep one from its reader;
/// and five of a kind in an hour say all that a hundred would.
const NOTICE: Rule = hourly(5);

/// Two sites do not reach the whole of a mailbox's.
const _: () = assert!(RECIPIENT_FROM_SITE.max * 2 < RECIPIENT.max);

/// Two domains of one provider, which says that a name means the same in both, with dots and without.
const GMAIL: [&str; 2] = ["gmail.com", "googlemail.com"];

const fn hourly(max: i32) -> Rule {
    Rule { max, window: SignedDuration::from_hours(1), since: Since::First }
}

/// Who triggers a mail.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Who is signed in, or whose link was followed.
    pub account: Option<&'a UserId>,
    /// Where the request comes from.
    pub network: Network,
}

impl<'a> Asker<'a> {
    /// A client in `network`, with the account that it has proved to be of.
    pub fn new(network: Network, account: Option<&'a UserId>) -> Self {
        Self { account, network }
    }
}

/// A count with the name that the log and the figures have for it.
type Named = (&'static str, Count);

impl Limits {
    /// Counts a mail to `to` that `asker` gave reason for, and answers whether it may be sent. A mail that may not counts
    /// nowhere.
    pub async fn may_send(
        &self,
        client: &impl Executor,
        asker: &Asker<'_>,
        to: &Email,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // The order is that in which rows are locked. Those that more requests share come later.
        let mut counts: Vec<Named> = Vec::new();
        let mut add = |name, parts: &[&str], rule| counts.push((name, self.count(parts, rule)));
        if let Some(account) = asker.account {
            add("account", &["mail of account", account.as_str()], ACCOUNT);
        }
        for (network, factor) in asker.network.counted() {
            add("network", &["mail of network", &network.text()], NETWORK.for_clients(factor));
        }
        let (mailbox, site) = (mailbox(to), asker.network.site().text());
        add("recipient_from_site", &["mail from site", &mailbox, &site], RECIPIENT_FROM_SITE);
        add("recipient", &["mail", &mailbox], RECIPIENT);
        take(client, &counts, now).await
    }

    /// Counts a security notice to a verified address, which nothing else counts against.
    pub async fn may_notify(
        &self,
        client: &impl Executor,
        occasion: &str,
        to: &Email,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // The address as it is: a neighbour's tag must not use up the notices of a mailbox.
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
    for Full { index, .. } in &full {
        let limit = named.get(*index).map_or("unknown", |(name, _)| *name);
        counter!("auth_service_mails_withheld_total", "limit" => limit).increment(1);
        tracing::info!(limit, "mail withheld: its limit is reached");
    }
    Ok(full.is_empty())
}

/// What an address delivers to, as far as senders can know: without the `+tag`, which its owner makes up. Addresses are
/// in lower case already.
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
