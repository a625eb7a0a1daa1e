//! The endpoints below `two-factor`.

pub mod backup_codes;
pub mod devices;
pub mod disable;
pub mod enable;
pub mod send;
pub mod verify;
