//! Users.

mod bans;
mod changes;
mod fields;
mod listing;
mod model;
mod settings;
mod store;
mod username;

pub use bans::{Ban, MAX_BAN_REASON};
pub(crate) use bans::{ban, ban_from_row, ban_new, is_banned, unban};
pub(crate) use changes::update_with_free_username;
pub use changes::{Changes, update};
pub use fields::{ImportedFields, UserField, UserFields, UserView};
pub use listing::{UserFilter, UserWithBan};
pub(crate) use listing::{find_by_email_with_ban, find_by_username_with_ban, find_with_ban, list_with_bans};
pub use model::{CredentialEpoch, MAX_IMAGE, MAX_NAME, NewUser, User};
pub use settings::AccountSettings;
pub(crate) use store::{count, create_missing, fields, lock_any_epoch, stored};
pub use store::{
    delete, find, find_by_email, from_row, insert, insert_with_free_username, is_username_taken, lock,
    raise_epoch, set_email, set_verified,
};
pub(crate) use store::{read_username, taken_usernames};
pub use username::{MAX_DISPLAY_USERNAME, NewUsername, Username, UsernameChange, UsernameRules};
