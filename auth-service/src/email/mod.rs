//! Mail to users: written to the outbox in the transaction that triggers it, and sent from there.
//!
//! A mail is sent at least once. If a replica dies after the mail server accepted the mail and before the row is deleted,
//! the mail is sent again. Its `Message-ID` derives from the row, so that receivers can recognize the duplicate.

mod backlog;
mod cause;
mod directory;
mod error;
mod layout;
mod mailer;
mod message;
mod notices;
mod outbox;
mod payload;
mod pending;
mod smtp;
mod store;
mod texts;
mod transport;
mod url;
mod worker;

pub use backlog::{Backlog, create_metrics};
pub use error::{OutboxError, TransportError};
pub use mailer::{Mailer, Sender, SenderError};
pub use message::Message;
pub use notices::{Notice, Notices};
pub use outbox::{Addressee, Outbox};
pub(crate) use pending::PendingNotice;
pub(crate) use store::insert_counted;
pub use transport::Transport;
pub use url::{MailUrl, MailUrlError};
pub use worker::{LONGEST_POLL_INTERVAL, Worker, arrives_before, arrives_in_time};
