//! An issuer to test against, and what it is attacked with. The tests of services that use the verifier include this
//! folder too.

pub mod hostile;
pub mod issuer;
pub mod lists;
