//! The accounts that users have at identity providers: one of them signs its user in, as a password does.

mod model;
mod operator;
mod sealed;
mod store;
mod transfer;

pub use model::{LinkedAccount, NewLinkedAccount, TokenChange};
pub use operator::{re_encrypt, undecryptable};
pub use sealed::{SealedTokens, StoredTokens};
pub use store::{delete, delete_all, find, find_owned, insert, of_user, update};
pub use transfer::{ExportedAccount, ImportedAccount, find_subjects, import, of_users};
