//! Mail that strangers can have sent to an address: few, whoever asks for it and from wherever.

use jiff::SignedDuration;

use super::model::{Key, Rule, Since};
use super::store::Taken;
use crate::error::ApiError;
use crate::state::State;
use crate::users::Email;

/// Enough for who does not find the mail and asks again; too few to flood a mailbox. The links of those that were sent
/// stay good, so nobody is kept from anything by a stranger who uses them up.
const RECIPIENT: Rule = Rule { max: 5, window: SignedDuration::from_hours(1), since: Since::First };

/// Counts a mail to `recipient` that was asked for; whether it is to be sent. The answer to whoever asked must not
/// depend on it.
///
/// # Errors
/// When the database cannot.
pub async fn may_write_to(state: &State, recipient: &Email) -> Result<bool, ApiError> {
    let Some(limits) = &state.limits else { return Ok(true) };
    let key = Key::of(&limits.secret, &["mail", recipient.as_str()]);
    let taken = limits.take(&state.pool, &key, &RECIPIENT, state.clock.now()).await?;
    Ok(matches!(taken, Taken::Yes(_)))
}
