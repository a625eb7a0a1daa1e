//! Mail to users: written into the outbox by the transaction that gives reason for it, and sent from there.
//!
//! A mail goes out at least once: whoever dies between the mail server's yes and the deletion of the row sends it again.
//! Its `Message-ID` is made from the row, so that receivers can tell.

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
