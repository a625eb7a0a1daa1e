//! Mail to users: written to the outbox in the transaction that triggers it, and sent from there.
//!
//! A mail is sent at least once. If a replica dies after the mail server accepted the mail and before the row is deleted,
//! the mail is sent again. Its `Message-ID` derives from the row, so that receivers can recognize the duplicate.

mod directory;
mod error;
mod layout;
mod mailer;
mod message;
mod outbox;
mod payload;
mod retry;
mod smtp;
mod store;
mod transport;
mod url;
mod worker;

pub use error::{OutboxError, TransportError};
pub use mailer::{Mailer, Sender, SenderError};
pub use message::Message;
pub use outbox::{Addressee, Outbox};
pub use transport::Transport;
pub use url::{MailUrl, MailUrlError};
pub use worker::{LONGEST_POLL_INTERVAL, Worker, arrives_in_time};
