//! Better Auth's signed cookies: `name=encodeURIComponent(token.base64(HMAC-SHA256(secret, token)))`.

mod mark;
mod session;
mod settings;
mod signed;
#[cfg(test)]
mod tests;

pub use mark::{Mark, are_sent};
pub use session::Presented;
pub use settings::{CookieSettings, SameSite};
pub use signed::{COMPONENT, Cookies};
