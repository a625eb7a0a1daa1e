//! Additional fields of users. A deployment describes them in the form of Better Auth's `additionalFields`.
//!
//! Only described fields are read, stored and returned. A field without a value has its default, which is not stored.

mod import;
mod input;
mod kind;
mod rules;
mod view;

pub use import::ImportedFields;
pub use rules::{UserField, UserFields};
pub use view::{ShownPlugins, UserView};
