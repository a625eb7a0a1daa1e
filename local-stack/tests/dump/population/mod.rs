//! Uses every feature, so that everything is there that is ever stored, logged or counted.

mod by_email;
mod operator;
mod people;
mod providers;
mod second_factors;
mod services;

use std::time::Duration;

pub use self::operator::SCRYPT_HASH;
pub use self::second_factors::challenge;
use super::mailbox::Link;
use super::person::Person;
use super::stack::Stack;

/// How long a replica may take to learn what another one did.
const PATIENCE: Duration = Duration::from_secs(20);

/// What users hold after every feature was used. None of it may be found.
#[derive(Default)]
pub struct Population {
    pub alice: Person,
    pub bob: Person,
    pub dora: Person,
    pub gwen: Person,
    pub ivy: Person,
    /// Has a second factor, and a browser that is trusted to go without.
    pub rosa: Person,
    /// The links that are outstanding.
    pub links: Links,
    /// A description and the text of every secret that was sent or received.
    pub secrets: Vec<(String, String)>,
    /// The email of everybody who has a password.
    pub emails: Vec<String>,
}

/// The tokens of links that nobody has followed yet.
#[derive(Default)]
pub struct Links {
    pub reset_password: String,
    pub verify_email: String,
    pub confirm_email_change: String,
    pub change_email: String,
    pub delete_user: String,
    pub complete_sign_up: String,
    pub magic_link: String,
    /// Signs in by GET in the browser of its cookie.
    pub browser_bound: String,
    /// The cookie of that browser.
    pub browser: String,
}

impl Population {
    /// Uses every feature.
    pub async fn populate(stack: &Stack) -> Self {
        let mut all = Self::default();
        stack.cluster.make_databases_again().await;
        all.add_a_webhook_receiver(stack).await;
        Self::change_keys(stack).await;
        all.change_own_accounts(stack).await;
        all.use_links(stack).await;
        all.sign_in_by_a_provider(stack).await;
        all.sign_in_by_email(stack).await;
        all.use_second_factors(stack).await;
        all.announce_deleted_users(stack).await;
        all.import_accounts(stack).await;
        all.exceed_limits(stack).await;
        all.wait_for_emails(stack).await;
        all.leave_links_outstanding(stack).await;
        all.work_on_tasks(stack).await;
        all.send_nonsense(stack).await;
        all.leave_mail_in_the_outbox(stack).await;
        all
    }

    /// Records the secrets of a person.
    pub fn note(&mut self, person: &Person) {
        let name = &person.name;
        for (what, text) in [
            ("password", &person.password),
            ("session token", &person.session),
            ("access token", &person.jwt),
        ] {
            if !text.is_empty() {
                self.secrets.push((format!("{what} of {name}"), text.clone()));
            }
        }
        for cookie in &person.cookies {
            let (kind, value) = cookie.split_once('=').unwrap();
            // A cookie that was cleared.
            if value.is_empty() {
                continue;
            }
            self.secrets.push((format!("cookie {kind} of {name}"), value.to_owned()));
        }
        if !self.emails.contains(&person.email) {
            self.emails.push(person.email.clone());
        }
    }

    fn note_secret(&mut self, what: &str, text: &str) {
        self.secrets.push((what.to_owned(), text.to_owned()));
    }

    async fn link(&mut self, stack: &Stack, person: &Person, link: Link, count: usize) -> String {
        let token = stack.mailbox.token(&person.email, link, count).await;
        self.note_secret(&format!("{link:?} link of {}", person.name), &token);
        token
    }
}
